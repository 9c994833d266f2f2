import { describe, expect, test } from '@jest/globals';
import { all, server, type Step, type StepEvent } from '../../lib/index.js';
import { dependencies } from '../../lib/plan/schedule.js';
import { errorOf } from '../support/failure.js';
import { request } from '../support/request.js';
import { times } from '../support/form.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';
import { only } from '../support/only.js';

const temporary = useTemporaryDirectory();

async function events(): Promise<StepEvent[]> {
  const seen: StepEvent[] = [];
  await all(
    request(temporary(), { passphrase: 'correct horse', observer: (event) => void seen.push(event) }),
  );
  return seen;
}

describe('an observer', () => {
  test('is told of the plan first, then of each step once when it begins and once when it is done', async () => {
    const [plan, ...rest] = await events();
    const steps: readonly Step[] = plan?.type === 'plan' ? plan.plan.steps : [];
    expect(steps.length).toBeGreaterThan(10);
    for (const type of ['start', 'done'] as const) {
      const told = rest.flatMap((event) => (event.type === type ? [event] : []));
      expect(told.map(({ index }) => index).sort((a, b) => a - b)).toEqual([...steps.keys()]);
      for (const { index, step } of told) expect(step).toBe(steps[index]);
    }
  });

  test('sees no step begin before those that it waits for are done', async () => {
    const [plan, ...rest] = await events();
    const before = dependencies(plan?.type === 'plan' ? plan.plan.steps : []);
    const done = new Set<number>();
    for (const event of rest) {
      if (event.type === 'done') done.add(event.index);
      else if (event.type === 'start') {
        expect(before[event.index]!.filter((index) => !done.has(index))).toEqual([]);
      }
    }
  });

  test('sees the three keys made side by side, and the two leaves signed side by side', async () => {
    const order = (await events()).flatMap((event) =>
      event.type !== 'plan' && event.step.kind === 'openssl' ? [`${event.type} ${event.step.title}`] : [],
    );
    const at = (line: string): number => {
      expect(order).toContain(line);
      return order.indexOf(line);
    };
    const keys = ['private key of the CA', 'private key of the server', 'private key of the client'];
    const lastStart = Math.max(...keys.map((key) => at(`start ${key}`)));
    const firstDone = Math.min(...keys.map((key) => at(`done ${key}`)));
    expect(lastStart).toBeLessThan(firstDone);
    expect(at('done certificate of the CA')).toBeLessThan(at('start certificate of the server'));
    expect(at('done certificate of the CA')).toBeLessThan(at('start certificate of the client'));
  });

  test('sees no secret', async () => {
    const seen = JSON.stringify(await events());
    expect(seen).toContain('<passphrase>');
    expect(seen).not.toContain('horse');
  });

  test('that throws stops the work with what it threw, whenever it does, and nothing is written', async () => {
    const options = request(temporary());
    let count = 0;
    await all({ ...options, observer: () => (count += 1) });
    const before = await tree(temporary());
    const thrown = new Error('enough');
    for (let last = 0; last < count; last += times(7, 1)) {
      let seen = 0;
      const observer = (): void => {
        if (seen++ === last) throw thrown;
      };
      expect(await errorOf(() => all({ ...options, force: ['ca'], observer }))).toBe(thrown);
      expect(await tree(temporary())).toEqual(before);
    }
    let seen = 0;
    const observer = (): number => (seen += 1);
    await server(only('server', { ...options, observer }));
    expect(seen).toBe(0);
  });
});
