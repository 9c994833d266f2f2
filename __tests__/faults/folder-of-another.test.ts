import { expect, test } from '@jest/globals';
import { chown, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Folder } from '../../lib/store/folder.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();

test('a directory of another user is left as it is', async () => {
  await mkdir(join(temporary(), 'theirs', 'inner'), { recursive: true });
  await chown(join(temporary(), 'theirs'), 12_345, 12_345);
  const folder = await Folder.open(temporary());
  await expect(folder.remove('theirs')).rejects.toMatchObject({ code: 'EPERM' });
  await folder.close();
  expect(await readdir(join(temporary(), 'theirs'))).toEqual(['inner']);
});
