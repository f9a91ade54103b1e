/** One sentence of the OCI distribution specification that binds a registry. */
export interface Requirement {
  readonly level: 'MUST' | 'SHOULD';
  /** The first version that says so; `draft` is the specification's development version. */
  readonly since: '1.1' | 'draft';
  /** What is asked for, in our own words. */
  readonly text: string;
  /** Why the sentence asks nothing of this registry; its test then shows that the condition is not met. */
  readonly inapplicable?: string;
  /** Where this registry does otherwise on purpose, and why. */
  readonly departure?: string;
}

/** The requirements of one section, by id. The ids never change; a new one goes to the end. */
export interface Section {
  readonly title: string;
  readonly requirements: Readonly<Record<string, Requirement>>;
}

export function must(text: string, more: Partial<Requirement> = {}): Requirement {
  return { level: 'MUST', since: '1.1', text, ...more };
}

export function should(text: string, more: Partial<Requirement> = {}): Requirement {
  return { level: 'SHOULD', since: '1.1', text, ...more };
}
