import { importsOf } from './module-imports.ts';
import { isTypeScript } from './source-file.ts';
import type { SourceFile } from './source-file.ts';

type Manifest = { readonly dependencies?: object; readonly devDependencies?: object };

function namesIn(files: readonly SourceFile[], path: string): string[] {
  const text = files.find((file) => file.path === path)?.text;
  if (text === undefined) return [];
  const { dependencies = {}, devDependencies = {} } = JSON.parse(text) as Manifest;
  return [...Object.keys(dependencies), ...Object.keys(devDependencies)];
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** What the benches compare with is known to them alone: nobody else imports it, nor anything of theirs, tests included. */
export function checkPeers(files: readonly SourceFile[]): string[] {
  const manifests = files.filter(({ path }) => /^benches\/(.*\/)?package\.json$/.test(path));
  const own = new Set(namesIn(files, 'package.json'));
  const peers = new Set(
    manifests.flatMap(({ path }) => namesIn(files, path)).filter((name) => !own.has(name)),
  );
  return files
    .filter((file) => isTypeScript(file) && !file.path.startsWith('benches/'))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ target, isPackage }) =>
          isPackage ? peers.has(packageOf(target)) : target.startsWith('benches/'),
        )
        .map(({ target }) => `${file.path} may not import ${target}: it belongs to the benches`),
    );
}
