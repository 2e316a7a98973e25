import { photoForm } from '../support/multipart-form.ts';
import { makeBaseImages } from './base-images.ts';
import { bombs } from './bombs.ts';
import { createDraws } from './seeded-draws.ts';
import { spoiltFamilies } from './spoilt-images.ts';
import { spoiltForms } from './spoilt-forms.ts';
import type { HostileForm } from './spoilt-forms.ts';

/** An upload that is made when its turn comes: all together would take more memory than they may. */
export type HostileUpload = { readonly family: string; readonly name: string; make(): Promise<HostileForm> };

/** Every hostile upload that the seed gives. Without bombs, none takes long. */
export async function listHostileUploads(
  seed: number,
  withBombs: boolean,
): Promise<readonly HostileUpload[]> {
  const images = await makeBaseImages();
  const families = Object.entries({ ...spoiltFamilies, ...(withBombs && { bombs }) });
  const files = families.flatMap(([family, make]) =>
    make(images, createDraws(seed)).map(({ name, make: makeFile }) => ({
      family,
      name,
      make: async () => ({ name, ...photoForm(await makeFile()) }),
    })),
  );
  const forms = spoiltForms(images).map((form) => ({
    family: 'forms',
    name: form.name,
    make: async () => form,
  }));
  return [...files, ...forms];
}
