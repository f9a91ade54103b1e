import type { CommandName } from '../command-line/synopses.ts';
import type { Session } from '../session.ts';
import { backup } from './backup.ts';
import { deleteImage } from './delete.ts';
import { gc } from './gc.ts';
import { purge } from './purge.ts';
import { readOnly } from './read-only.ts';
import { restart } from './restart.ts';
import { restore } from './restore.ts';
import { tags } from './tags.ts';
import { view } from './view.ts';

/** Does what a command line asks for. Rejects with a sentence for the user, or a UsageError. */
export type Command = (session: Session, operands: readonly string[]) => Promise<void>;

export const commands: Readonly<Record<CommandName, Command>> = {
  view,
  tags,
  delete: deleteImage,
  gc,
  'read-only': readOnly,
  restart,
  purge,
  backup,
  restore,
};
