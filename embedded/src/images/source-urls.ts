import type { Plugin } from 'rolldown';

const sourceUrl =
  /(new URL\(|import\.meta\.resolve\()\s*(['"])(\.{1,2}\/[^'"]+\.ts)\2\s*(?:,\s*import\.meta\.url\s*,?\s*)?\)/g;

/** A place in a module that refers to another module as a file, to run it in a process or thread of its own. */
export interface SourceReference {
  readonly start: number;
  readonly end: number;
  readonly path: string;
  readonly isUrlObject: boolean;
}

/** Finds `new URL('./x.ts', import.meta.url)` and `import.meta.resolve('./x.ts')`. */
export function findSourceReferences(code: string): SourceReference[] {
  return [...code.matchAll(sourceUrl)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    path: match[3] ?? '',
    isUrlObject: match[1]?.startsWith('new') ?? false,
  }));
}

/** Bundles every module that another one runs by its URL as an entry of its own, and puts the bundle's URL in place. */
export function sourceUrls(): Plugin {
  return {
    name: 'source-urls',
    transform: {
      filter: { id: /\.ts$/, code: /import\.meta/ },
      async handler(code, importer) {
        let result = '';
        let at = 0;
        for (const reference of findSourceReferences(code)) {
          const resolved = await this.resolve(reference.path, importer);
          if (!resolved) throw new Error(`${importer} refers to ${reference.path}, which does not exist.`);
          const emitted = `import.meta.ROLLUP_FILE_URL_${this.emitFile({ type: 'chunk', id: resolved.id })}`;
          result +=
            code.slice(at, reference.start) + (reference.isUrlObject ? `new URL(${emitted})` : emitted);
          at = reference.end;
        }
        return at === 0 ? null : { code: result + code.slice(at) };
      },
    },
  };
}
