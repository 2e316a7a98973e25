/** A machine that is busy may take a second to connect to storage, each time. */
const usualTimesMax = 20;

/** Asks again, as a client is told that finds storage unreachable. After some times the last answer is the answer. */
export async function askAgain<Answer>(
  ask: () => Promise<Answer>,
  isRefused: (answer: Answer) => boolean,
  timesMax = usualTimesMax,
): Promise<Answer> {
  let answer = await ask();
  for (let times = 1; times < timesMax && isRefused(answer); times += 1) answer = await ask();
  return answer;
}
