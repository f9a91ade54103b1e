/** A safeguard that is taken away, as changes of the source text, each of which must fit exactly once. */
export interface Mutant {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** Schedules within which it must be caught. */
  readonly within: number;
}

type Patch = readonly [file: string, search: string, replace: string];

export const mutants: readonly Mutant[] = [
  {
    name: 'no records in the journal',
    within: 3_000,
    patches: [
      [
        'registry/gate.ts',
        'adds.length > 0 ? options.journal.during(adds, section) : section()',
        'section()',
      ],
    ],
  },
  {
    name: 'what was under way when the mark began is no root',
    within: 10_000,
    patches: [
      ['gc/journal-reader.ts', 'const additions = [...from.open];', 'const additions: Addition[] = [];'],
    ],
  },
  {
    name: 'the journal is read after the mark instead of before',
    within: 10_000,
    patches: [
      ['gc/staged-collection.ts', 'const position = await journalPosition(reader).catch(asUntrusted);', ''],
      [
        'gc/staged-collection.ts',
        'let mark = await markStore(reader, run.options, run.now);',
        `let mark = await markStore(reader, run.options, run.now);
         const position = await journalPosition(reader).catch(asUntrusted);`,
      ],
    ],
  },
  {
    name: 'what the journal tells is no root',
    within: 3_000,
    patches: [
      ['gc/liveness.ts', "for (const digest of repository.written ?? []) roots.set(digest, 'written');", ''],
    ],
  },
  {
    name: 'a HEAD renews no lease',
    within: 3_000,
    patches: [['registry/leases.ts', 'if (minAgeMs === 0 ||', 'if (minAgeMs >= 0 ||']],
  },
  {
    name: 'a HEAD does not wait in a window',
    within: 10_000,
    patches: [
      [
        'registry/leases.ts',
        "if (tagged && gate.mode === 'paused') return true;",
        "if (gate.mode === 'paused') return true;",
      ],
    ],
  },
  {
    name: 'references are not checked again after the link',
    within: 10_000,
    patches: [
      [
        'registry/manifests.ts',
        'await references.secure(repository, manifest.references);\n    } catch',
        'await Promise.resolve();\n    } catch',
      ],
    ],
  },
  {
    name: 'no second mark: what was swept is dead at once',
    within: 10_000,
    patches: [
      [
        'gc/confirm.ts',
        'const { alive, dead, deadBytes, foreign } = judgeTrash(trash.files, content, plan);',
        'const { deadBytes, foreign } = judgeTrash(trash.files, content, plan); const alive: TrashFile[] = []; const dead = [...trash.files];',
      ],
    ],
  },
  {
    name: 'a sweep does not note which commits it has met',
    within: 40_000,
    patches: [['gc/sweep-record.ts', 'if (commits.size > 0)', 'if (commits.size < 0)']],
  },
  {
    name: 'a sweep that is killed has noted nothing',
    within: 30_000,
    patches: [
      [
        'gc/sweep-record.ts',
        'await driver.putContent(sweepPath(trash), unfinished);',
        'await Promise.resolve();',
      ],
    ],
  },
  {
    name: 'a sweep goes bottom-up',
    within: 10_000,
    patches: [
      [
        'gc/doomed-list.ts',
        "['tag', 'tagEntry', 'revision', 'layer', 'blob', 'upload']",
        "['upload', 'blob', 'layer', 'revision', 'tagEntry', 'tag']",
      ],
    ],
  },
  {
    name: 'a gate is closed while a section runs',
    within: 40_000,
    patches: [
      ['registry/gate.ts', 'if (running > 0) await new Promise<void>((resolve) => idle.push(resolve));', ''],
    ],
  },
  {
    name: 'the fixpoint is cut: children of indexes are forgotten',
    within: 3_000,
    patches: [['gc/liveness.ts', "reach(manifest.manifests, 'reference');", '']],
  },
  {
    name: 'referrers are dropped',
    within: 3_000,
    patches: [['gc/liveness.ts', "reach(referrers.get(digest) ?? [], 'referrer');", '']],
  },
  {
    name: 'a read that misses does not look in the trash',
    within: 10_000,
    patches: [
      [
        'registry/trash-rescue.ts',
        'if (found) return found.value;',
        'if (found) return found.value;\n    if (path) return read(path);',
      ],
    ],
  },
  {
    name: 'a commit does not look in the trash',
    within: 10_000,
    patches: [
      [
        'registry/trash-rescue.ts',
        'const moved = await absentAsUndefined(renameBack(place, path));',
        'const moved = false && (await absentAsUndefined(renameBack(place, path)));',
      ],
    ],
  },
  {
    name: 'a commit brings back references, but not what these refer to',
    within: 10_000,
    patches: [
      [
        'registry/manifest-references.ts',
        "const manifest = kind === 'manifest' ? await readManifest(digest) : undefined;",
        "const manifest = kind !== 'blob' && kind !== 'manifest' ? await readManifest(digest) : undefined;",
      ],
    ],
  },
  {
    name: 'the second mark gives up what a visible revision refers to',
    within: 10_000,
    patches: [['gc/plan.ts', 'retention: [], deleteUntagged: false', 'retention: []']],
  },
];
