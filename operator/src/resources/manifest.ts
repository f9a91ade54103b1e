/** A client-node type as the plain object that is sent. */
export type Manifest<T> = T extends Date
  ? string
  : T extends (infer Item)[]
    ? Manifest<Item>[]
    : T extends object
      ? { [Key in keyof T]: Manifest<T[Key]> }
      : T;
