import type { Message, Spoil } from './message.ts';
import type { WireAnswer } from './wire.ts';

/** Sends the requests of one sequence, on one connection as long as it lasts. */
export interface Client {
  /**
   * @returns the answer; undefined when there was none and need not be one, because the message was spoiled
   * @throws HungConnection, or an Error when a correct request was not answered
   */
  perform(message: Message, spoil: Spoil): Promise<WireAnswer | undefined>;
  /** Sends several at once on one connection, and returns the answers until the connection ends. */
  pipeline(messages: readonly Message[]): Promise<WireAnswer[]>;
  close(): void;
}
