import { createInterface } from 'node:readline/promises';

/** Where a command says what it found and what it does. */
export interface Terminal {
  /** The result, on standard output. A missing line end is added. */
  result(text: string): void;
  /** A line about what goes on, on standard error, so that a result can be piped. */
  progress(line: string): void;
  /** Asks a question that only y or yes affirms; undefined when there is no terminal to ask on. */
  confirm(question: string): Promise<boolean | undefined>;
}

export function createTerminal({ stdin, stdout, stderr }: NodeJS.Process): Terminal {
  return {
    result: (text) => void stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    progress: (line) => void stderr.write(`${line}\n`),
    async confirm(question) {
      if (!stdin.isTTY || !stderr.isTTY) return undefined;
      const dialogue = createInterface({ input: stdin, output: stderr });
      try {
        return /^y(es)?$/i.test((await dialogue.question(`${question} [y/N] `)).trim());
      } finally {
        dialogue.close();
      }
    },
  };
}
