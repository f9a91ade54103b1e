/** Something about this machine that only its user can change: one sentence for the problem and one for the fix. */
export class MachineProblem extends Error {
  override readonly name = 'MachineProblem';

  constructor(problem: string, fix: string) {
    super(`${problem} ${fix}`);
  }
}
