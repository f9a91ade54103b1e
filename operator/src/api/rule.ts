/** One CEL rule of a CustomResourceDefinition; `message` is the whole sentence a user reads. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
}

/** Metadata for `.meta()` that carries CEL rules into the generated CustomResourceDefinition. */
export function rules(...list: Rule[]): { 'x-kubernetes-validations': Rule[] } {
  return { 'x-kubernetes-validations': list };
}
