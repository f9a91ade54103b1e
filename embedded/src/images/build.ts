import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '../binaries/cache-directory.ts';
import type { Progress } from '../progress.ts';
import { machineArchitecture } from './architecture.ts';
import { pruneArchives } from './archives.ts';
import { buildContainerfile, saveImage } from './buildah.ts';
import { prepareContext } from './context.ts';
import { imageDefinitions } from './image-definition.ts';
import type { ImageDefinition, ImageName } from './image-definition.ts';
import { findImageInputs, inputsDigest } from './image-inputs.ts';
import type { ImageInputs } from './image-inputs.ts';
import { projectVersion } from './project-version.ts';
import { repositoryRoot } from './repository.ts';

/** One of the project's images. */
export interface ProjectImage {
  readonly name: ImageName;
  /** `wharfinger.dev/NAME:VERSION-DIGEST`: another content has another name, so that pods are replaced when it changes. */
  readonly reference: string;
  /** Path of its archive, in the form of `docker save`. */
  readonly archive: string;
}

export type ProjectImages = Readonly<Record<ImageName, ProjectImage>>;

/** The references and archives that the images of this clone have, built or not. */
export async function describeImages(): Promise<ProjectImages> {
  return await describe(await findImageInputs(repositoryRoot, machineArchitecture()));
}

/** Builds the images whose inputs changed since the last time. Needs root and buildah. */
export async function buildImages(progress: Progress): Promise<ProjectImages> {
  const inputs = await findImageInputs(repositoryRoot, machineArchitecture());
  const images = await describe(inputs);
  const missing = Object.values(images).filter(({ archive }) => !existsSync(archive));
  if (missing.length === 0) return images;
  const directory = join(cacheDirectory(), 'images');
  await mkdir(directory, { recursive: true });
  const work = await mkdtemp(join(directory, '.building-'));
  try {
    for (const image of missing) {
      progress.step(`building the image ${image.reference}`);
      await build(image, inputs, work);
      await pruneArchives(directory, image.name);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return images;
}

async function describe(inputs: ImageInputs): Promise<ProjectImages> {
  const version = projectVersion(inputs.root);
  const describeOne = async (definition: ImageDefinition): Promise<ProjectImage> => {
    const { name } = definition;
    const digest = await inputsDigest(definition, inputs);
    const archive = join(cacheDirectory(), 'images', `${name}-${digest}.tar`);
    return { name, reference: `wharfinger.dev/${name}:${version}-${digest}`, archive };
  };
  const [registry, operator] = await Promise.all(
    [imageDefinitions.registry, imageDefinitions.operator].map(describeOne),
  );
  return { registry: registry!, operator: operator! };
}

async function build(
  { name, reference, archive }: ProjectImage,
  inputs: ImageInputs,
  work: string,
): Promise<void> {
  const context = join(work, name);
  await mkdir(context);
  await prepareContext(imageDefinitions[name], inputs, context);
  // One store for all images of a call: they share the layers with the libraries and with Node.
  const store = { directory: join(work, 'store') };
  await buildContainerfile(store, {
    context,
    reference,
    architecture: inputs.architecture.oci,
    // Which sources it was made from: what the tag ends with.
    buildArguments: { VERSION: projectVersion(inputs.root), INPUTS: reference.split('-').at(-1) ?? '' },
    epochSeconds: Number(process.env['SOURCE_DATE_EPOCH'] ?? 0),
  });
  await saveImage(store, reference, join(work, `${name}.tar`));
  // A rename is atomic: an archive is there whole or not at all.
  await rename(join(work, `${name}.tar`), archive);
}
