/* Decisions on their way to the server: one after the other, each kept until the server has it. */

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 8000;
const PATIENCE = 10000;

export class Saving {
  #waiting = [];
  #run = null;
  #wake = () => {};

  /* The listener's methods: changed(how many wait), saved(decision, as kept), refused(decision, sentence),
     trouble(sentence or null). */
  constructor(listener) {
    this.listener = listener;
  }

  get waiting() {
    return [...this.#waiting];
  }

  has(id) {
    return this.#waiting.some((decision) => decision.id === id);
  }

  add(decision) {
    this.#waiting.push(decision);
    this.listener.changed(this.#waiting.length);
    this.#run ??= this.#send();
  }

  /* Takes out a decision that is not to be sent any more; one that is under way may arrive. */
  withdraw(decision) {
    if (!this.#waiting.includes(decision)) return;
    this.#waiting = this.#waiting.filter((other) => other !== decision);
    this.listener.changed(this.#waiting.length);
  }

  tryNow() {
    this.#wake();
  }

  /* Resolves when nothing waits any more. */
  async drained() {
    this.#wake();
    await this.#run;
  }

  async #send() {
    let wait = FIRST_WAIT;
    while (this.#waiting.length) {
      const decision = this.#waiting[0];
      const { outcome, kept, sentence } = await post(decision);
      if (outcome === "again") {
        if (!this.#waiting.length) break;
        this.listener.trouble(sentence);
        await this.#pause(wait);
        wait = Math.min(LONGEST_WAIT, 2 * wait);
        continue;
      }
      wait = FIRST_WAIT;
      this.withdraw(decision);
      this.listener.trouble(null);
      if (outcome === "saved") this.listener.saved(decision, kept);
      else this.listener.refused(decision, sentence);
    }
    this.#run = null;
    this.listener.trouble(null);
  }

  #pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/* Posts one decision: it is saved, or refused for good, or to be sent again. */
async function post(decision) {
  try {
    const reply = await fetch("decisions", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(decision),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const { saved, error } = await reply.json();
    if (reply.ok) return { outcome: "saved", kept: saved };
    return { outcome: [404, 413, 422].includes(reply.status) ? "refused" : "again", sentence: error };
  } catch {
    return { outcome: "again", sentence: "The review server does not answer." };
  }
}
