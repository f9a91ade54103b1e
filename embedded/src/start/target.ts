import type { RegistryDocument, RegistrySettings } from './example-registry.ts';
import type { Kubectl } from './kubectl.ts';

/** The cluster that `npm start` works on, and how its registry is reached from this machine. */
export interface Target {
  readonly cluster: Kubectl;
  /** Folder for what the user is given: CA, password. */
  readonly directory: string;
  /** References of the two images. */
  readonly images: { readonly operator: string; readonly registry: string };
  readonly settings: RegistrySettings;
  /** Whether the installation may take over objects that something else than Helm made, as on a cluster of our own. */
  readonly takeOwnership: boolean;
  /** The command that takes down what was started. */
  readonly stopCommand: string;
  /** Makes a Ready registry reachable and returns `HOST:PORT` as it is used in an image reference on this machine. */
  reach(registry: RegistryDocument): Promise<string>;
}
