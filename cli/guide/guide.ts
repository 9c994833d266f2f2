import { EXIT } from '../exit-codes.js';
import { fail } from '../fail.js';
import { say, visible } from '../streams.js';
import { look, type Facts } from './look.js';
import { commandsFor, nextQuestion, type Answers, type Question } from './questions.js';
import { describeCommands, describeFacts, guideWords, headings } from './words.js';

/**
 * Asks what to do, shows the command lines for it, and hands them to `run`, which a typed one goes to as well. Every question
 * comes before the first of them: Ctrl-C at one ends with 130, and nothing is made. Gives the exit code.
 */
export async function guide(run: (args: readonly string[]) => Promise<number>): Promise<number> {
  let commands: string[][];
  try {
    const facts = await look();
    say(...describeFacts(facts));
    commands = commandsFor(facts, await askAll(facts));
    if (commands.length === 0) return EXIT.done;
    say(...describeCommands(headings.before, commands), '');
    if (!(await confirm(guideWords.run, true))) {
      say(...describeCommands(headings.declined, commands));
      return EXIT.done;
    }
  } catch (error) {
    return fail(error, [], undefined);
  }
  for (const args of commands) {
    const code = await run(args);
    if (code !== EXIT.done) return code;
  }
  say(...describeCommands(headings.again, commands));
  return EXIT.done;
}

async function askAll(facts: Facts): Promise<Answers> {
  let answers: Answers = {};
  for (;;) {
    const question = nextQuestion(facts, answers);
    if (!question) return answers;
    answers = { ...answers, [question.name]: await ask(question) };
  }
}

/** Questions stand where errors and progress do, so that a result can be redirected. */
const context = { output: process.stderr };

async function ask(question: Question): Promise<unknown> {
  const message = visible(question.message);
  switch (question.kind) {
    case 'yes':
      return confirm(message, question.fallback);
    case 'choice': {
      const { default: select } = await import('@inquirer/select');
      return select<unknown>({ message, choices: question.choices, default: question.fallback }, context);
    }
    case 'text': {
      const { default: input } = await import('@inquirer/input');
      const { fallback, fault } = question;
      const validate = (text: string): string | true => {
        const found = fault(text);
        return found === undefined || visible(found);
      };
      return input({ message, validate, ...(fallback !== undefined && { default: fallback }) }, context);
    }
  }
}

async function confirm(message: string, fallback: boolean): Promise<boolean> {
  const { default: ask } = await import('@inquirer/confirm');
  return ask({ message, default: fallback }, context);
}
