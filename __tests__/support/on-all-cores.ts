import { availableParallelism } from 'node:os';

/** Does `work` for each item, as many at a time as there are cores. */
export async function onAllCores<Item>(
  items: Iterable<Item>,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const rest = [...items].entries();
  const one = async (): Promise<void> => {
    for (const [index, item] of rest) await work(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, one));
}
