import mustache from 'mustache';
import { gzipSync } from 'node:zlib';
import { loadTemplates } from '../../recipes/templates.js';
import type { HostScript } from './host-script.js';

/** Renders user-data that puts a host's script in place and runs it at the first boot. It is packed, for clouds take 16 kB. */
export async function cloudConfig({ host, text, hasKey }: HostScript): Promise<string> {
  const template = 'cloud-config.yml.mustache';
  const { templates } = await loadTemplates('fleet', [template]);
  const content = gzipSync(text, { level: 9 }).toString('base64');
  return mustache.render(templates[template], { host, content, hasKey }).trimStart();
}
