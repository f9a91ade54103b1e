/** How each member of `T` is made of a source. */
export type Makers<T, S> = { readonly [K in keyof T]: (source: S) => T[K] };

/**
 * Makes objects whose members are made, once, when they are asked for. They are its own, so that it may be spread. An object literal with
 * getters would do the same, but gets some 700 bytes of description of its own, which only a full collection of garbage gives back.
 */
export function createLazy<T extends object, S>(makers: Makers<T, S>): (source: S) => T {
  const names = Object.keys(makers) as (keyof T)[];

  class Lazy {
    readonly #source: S;
    readonly #made: Partial<T> = {};

    static readonly #members = Object.fromEntries(
      names.map((name) => [
        name,
        {
          enumerable: true,
          get(this: Lazy) {
            return (this.#made[name] ??= makers[name](this.#source));
          },
        },
      ]),
    );

    constructor(source: S) {
      this.#source = source;
      Object.defineProperties(this, Lazy.#members);
    }
  }

  return (source) => new Lazy(source) as unknown as T;
}
