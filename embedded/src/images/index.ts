export { buildImages, describeImages } from './build.ts';
export type { ProjectImage, ProjectImages } from './build.ts';
