// Makes clients at once with the library: many-clients.js DIRECTORY PREFIX COUNT. Writes how many were made.
const { client } = await import('../../dist/lib/index.js');
const [, , directory, prefix, count] = process.argv;
const calls = Array.from({ length: Number(count) }, (_, at) =>
  client({ directory, name: `${prefix}-${at}`, key: 'ec:p256' }),
);
const outcomes = await Promise.allSettled(calls);
for (const { reason } of outcomes) if (reason) process.stderr.write(`${reason.code} ${reason.message}\n`);
process.stdout.write(String(outcomes.filter(({ status }) => status === 'fulfilled').length));
