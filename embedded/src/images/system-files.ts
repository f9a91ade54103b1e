/** The user the images run as: `nonroot` of other images without a shell. */
export const nonRootId = 65_532;

/** Files of `/etc` that programs expect. Path -> content. */
export const systemFiles: Readonly<Record<string, string>> = {
  'etc/passwd': [
    'root:x:0:0:root:/root:/usr/sbin/nologin',
    `nonroot:x:${nonRootId}:${nonRootId}:nonroot:/nonexistent:/usr/sbin/nologin`,
    '',
  ].join('\n'),
  'etc/group': ['root:x:0:', `nonroot:x:${nonRootId}:`, ''].join('\n'),
  // Without it, glibc asks the DNS first and /etc/hosts only when there is none.
  'etc/nsswitch.conf': ['passwd: files', 'group: files', 'hosts: files dns', ''].join('\n'),
};

/** Links that make Debian's paths work. Path -> target. */
export const systemLinks: Readonly<Record<string, string>> = {
  bin: 'usr/bin',
  lib: 'usr/lib',
  lib64: 'usr/lib64',
};
