import { describe, expect, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasOwnFlags, readUnit, splitCommand } from '../../lib/docker/unit.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();

describe('what daemon.json is to have is taken out of a command line, and all else stays', () => {
  test.each([
    ['/usr/bin/dockerd -H fd:// --containerd=/c.sock', '/usr/bin/dockerd --containerd=/c.sock', ['fd://']],
    ['/usr/bin/dockerd -Hfd://', '/usr/bin/dockerd', ['fd://']],
    ['/usr/bin/dockerd -H=fd:// -D', '/usr/bin/dockerd -D', ['fd://']],
    [
      '/usr/bin/dockerd --host fd:// --host=tcp://1.2.3.4:2375',
      '/usr/bin/dockerd',
      ['fd://', 'tcp://1.2.3.4:2375'],
    ],
    [
      '-/usr/bin/dockerd "-H" "unix:///a b" --label "x y=\\"z\\""',
      '-/usr/bin/dockerd --label "x y=\\"z\\""',
      ['unix:///a b'],
    ],
    [
      "/usr/bin/dockerd --label 'a -H b' $OPTIONS ${MORE} %i",
      "/usr/bin/dockerd --label 'a -H b' $OPTIONS ${MORE} %i",
      [],
    ],
    [
      '/usr/bin/dockerd --tls --tlsverify=true --tlscacert /a --tlscert=/b --tlskey /c --tlsdebug',
      '/usr/bin/dockerd --tlsdebug',
      [],
    ],
    ['/usr/bin/dockerd --host-gateway-ip=1.1.1.1', '/usr/bin/dockerd --host-gateway-ip=1.1.1.1', []],
  ])('%s', (line, rest, hosts) => {
    expect(splitCommand(line, 'docker.service')).toMatchObject({ rest, hosts });
  });

  test.each(['/bin/sh -c "dockerd -H fd://"', '/usr/bin/docker daemon', '', '/usr/bin/podman'])(
    'another command is refused: %j',
    (line) => {
      expect(() => splitCommand(line, '/lib/docker.service')).toThrow(
        '/lib/docker.service does not start dockerd',
      );
    },
  );

  test.each([
    ['--debug', false],
    ['-H tcp://0.0.0.0:2375', true],
    ['--debug --tlsverify', true],
    ['', false],
  ])('words have such flags: %j: %s', (words, has) => {
    expect(hasOwnFlags(words)).toBe(has);
  });
});

describe('a unit is read as systemd does', () => {
  const write = async (files: Record<string, string>): Promise<string> => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(temporary(), path)), { recursive: true });
      await writeFile(join(temporary(), path), content);
    }
    return temporary();
  };
  const lib = 'usr/lib/systemd/system/docker.service';
  const etc = 'etc/systemd/system/docker.service';

  test('lines that go on, comments, other sections', async () => {
    const root = await write({
      [lib]:
        '[Unit]\nExecStart=/no\n[Service]\n# ExecStart=/no\nExecStart=/usr/bin/dockerd \\\n  -H fd:// \\\n; a comment between\n  --a\n[Install]\nExecStart=/no\n',
    });
    const unit = await readUnit(root);
    expect(unit?.execStart.map((line) => line.replaceAll(/\s+/g, ' '))).toEqual([
      '/usr/bin/dockerd -H fd:// --a',
    ]);
    expect(unit).toMatchObject({ path: join(root, lib), from: join(root, lib), dropIns: [] });
  });

  test('the folder with precedence, an empty line that forgets, drop-ins by their names', async () => {
    const root = await write({
      [lib]: '[Service]\nExecStart=/usr/bin/dockerd --old\n',
      [etc]: '[Service]\nEnvironmentFile=-/etc/a\nExecStart=/usr/bin/dockerd --unit\n',
      'usr/lib/systemd/system/docker.service.d/10-b.conf':
        '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd --ten\n',
      [`${etc}.d/05-a.conf`]: '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd --five\n',
      [`${etc}.d/20-c.conf`]: '[Service]\nEnvironment=X=1\n',
      [`${etc}.d/30-d.txt`]: '[Service]\nExecStart=\n',
      [`${etc}.d/zz-ours.conf`]: '[Service]\nExecStart=\n',
    });
    expect(await readUnit(root, 'zz-ours.conf')).toEqual({
      path: join(root, etc),
      dropIns: [
        `${etc}.d/05-a.conf`,
        'usr/lib/systemd/system/docker.service.d/10-b.conf',
        `${etc}.d/20-c.conf`,
      ].map((path) => join(root, path)),
      execStart: ['/usr/bin/dockerd --ten'],
      from: join(root, 'usr/lib/systemd/system/docker.service.d/10-b.conf'),
      environmentFiles: ['/etc/a'],
      environment: ['X=1'],
    });
    expect((await readUnit(root))?.execStart).toEqual([]);
  });

  test('one name counts once', async () => {
    const root = await write({
      [lib]: '[Service]\nExecStart=/usr/bin/dockerd\n',
      [`${lib}.d/a.conf`]: '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd --lib\n',
      [`${etc}.d/a.conf`]: '',
    });
    expect((await readUnit(root))?.execStart).toEqual(['/usr/bin/dockerd']);
  });

  test('none is none', async () => {
    expect(await readUnit(temporary())).toBeUndefined();
  });
});
