// Groups the reference as lib/index.ts groups its exports, by the comments above them, and keeps what each throws in one list.
import { readFileSync } from 'node:fs';
import { Comment, CommentTag, Converter } from 'typedoc';

const modules = { index: 'docker-tls-openssl', testing: 'docker-tls-openssl/testing' };

function groups() {
  const [, ...parts] = readFileSync(new URL('../lib/index.ts', import.meta.url), 'utf8').split(/^\/\/ /m);
  return parts.map((part) => ({
    title: part.split('\n', 1)[0].replace(/\.$/, ''),
    names: [...part.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list]) =>
      list.split(',').map((one) => one.trim().replace(/^type /, '')),
    ),
  }));
}

export function load(app) {
  const all = groups();
  app.on('bootstrapEnd', () =>
    app.options.setValue(
      'categoryOrder',
      all.map(({ title }) => title),
    ),
  );
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      for (const child of module.children ?? []) {
        const title = all.find(({ names }) => names.includes(child.name))?.title;
        for (const each of child.signatures ?? [child]) {
          each.comment ??= new Comment();
          if (module.name === 'index' && title)
            each.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: title }]));
        }
      }
      module.name = modules[module.name] ?? module.name;
    }
    for (const { comment } of Object.values(project.reflections)) if (comment) listThrown(comment);
  });
}

function listThrown(comment) {
  const thrown = comment.blockTags.filter(({ tag }) => tag === '@throws');
  if (thrown.length < 2) return;
  const [first, ...others] = thrown;
  first.content = thrown.flatMap(({ content }) => [
    { kind: 'text', text: '- ' },
    ...content.map((part) => ({ ...part, text: part.text.replace(/\s+/g, ' ') })),
    { kind: 'text', text: '\n' },
  ]);
  comment.blockTags = comment.blockTags.filter((tag) => !others.includes(tag));
}
