import { describe, expect, it } from 'vitest';
import * as paths from './paths.ts';

const hex = 'ab'.repeat(32);
const digest = `sha256:${hex}`;
const id = '21c8a86c-27a3-4747-a152-9b26b17c8c5c';
const repository = `/docker/registry/v2/repositories/team/app`;

describe('the paths of the layout', () => {
  it.each([
    [
      paths.blobDataPath(digest),
      `/docker/registry/v2/blobs/sha256/ab/${hex}/data`,
      { kind: 'blobData', digest },
    ],
    [
      paths.layerLinkPath('team/app', digest),
      `${repository}/_layers/sha256/${hex}/link`,
      { kind: 'layerLink', repository: 'team/app', digest },
    ],
    [
      paths.revisionLinkPath('team/app', digest),
      `${repository}/_manifests/revisions/sha256/${hex}/link`,
      { kind: 'revisionLink', repository: 'team/app', digest },
    ],
    [
      paths.tagPath('team/app', 'v1'),
      `${repository}/_manifests/tags/v1`,
      { kind: 'tag', repository: 'team/app', tag: 'v1' },
    ],
    [
      paths.tagCurrentLinkPath('team/app', 'v1'),
      `${repository}/_manifests/tags/v1/current/link`,
      { kind: 'tagCurrentLink', repository: 'team/app', tag: 'v1' },
    ],
    [
      paths.tagIndexLinkPath('team/app', 'v1', digest),
      `${repository}/_manifests/tags/v1/index/sha256/${hex}/link`,
      { kind: 'tagIndexLink', repository: 'team/app', tag: 'v1', digest },
    ],
    [
      paths.uploadPath('team/app', id),
      `${repository}/_uploads/${id}`,
      { kind: 'upload', repository: 'team/app', id },
    ],
    [
      paths.uploadDataPath('team/app', id),
      `${repository}/_uploads/${id}/data`,
      { kind: 'uploadData', repository: 'team/app', id },
    ],
    [
      paths.uploadStartedAtPath('team/app', id),
      `${repository}/_uploads/${id}/startedat`,
      { kind: 'uploadStartedAt', repository: 'team/app', id },
    ],
    [
      `${paths.uploadPath('team/app', id)}/hashstates/sha256/42`,
      `${repository}/_uploads/${id}/hashstates/sha256/42`,
      { kind: 'uploadHashState', repository: 'team/app', id, algorithm: 'sha256', offset: 42 },
    ],
    [paths.layersPath('team/app'), `${repository}/_layers`, { kind: 'layers', repository: 'team/app' }],
    [paths.tagsPath('team/app'), `${repository}/_manifests/tags`, { kind: 'tags', repository: 'team/app' }],
    [
      paths.revisionsPath('team/app'),
      `${repository}/_manifests/revisions`,
      { kind: 'revisions', repository: 'team/app' },
    ],
    [
      paths.trashPath('run-1', paths.blobDataPath(digest)),
      `/.wharfinger/trash/run-1/docker/registry/v2/blobs/sha256/ab/${hex}/data`,
      { kind: 'trash', run: 'run-1', path: paths.blobDataPath(digest) },
    ],
  ])('%s is built and understood', (built, expected, parsed) => {
    expect(built).toBe(expected);
    expect(paths.parsePath(built)).toEqual(parsed);
  });

  it.each([
    '/docker/registry/v2/blobs',
    `/docker/registry/v2/blobs/sha256/ab/${hex}`,
    `/docker/registry/v2/blobs/sha256/cd/${hex}/data`,
    `/docker/registry/v2/repositories/team/app`,
    `${repository}/_layers/sha256/${hex}`,
    `${repository}/_layers/sha256/${hex}/.wharfinger-0123456789abcdef.tmp`,
    `${repository}/_manifests/tags/v1/current`,
    `${repository}/_unknown/x`,
    '/.wharfinger/trash/run-1',
    '/elsewhere',
  ])('%s is no path by itself', (path) => {
    expect(paths.parsePath(path)).toBeUndefined();
  });

  it('a tag may be called like a part of the layout', () => {
    expect(paths.parsePath(paths.tagCurrentLinkPath('a', 'index'))).toEqual({
      kind: 'tagCurrentLink',
      repository: 'a',
      tag: 'index',
    });
  });
});
