// Where a list shows counts in place of rates: `<0.1` in every row says nothing.

/** Requests a second of all, and of the busiest row of a list, below which they are counted. */
const ALL = 5;
const BUSIEST = 1;

/** Holds still around the border. */
const under = (rate: number, border: number, was: boolean) => rate < border * (was ? 1.25 : 0.8);

/** One for all lists, so that they change together. */
let all = false;

/** Whether one list shows counts. */
export class Few {
  private rows = false;

  of(requests: number, rows: readonly { requests: number }[], seconds: number): boolean {
    all = under(requests / seconds, ALL, all);
    if (rows.length > 0) this.rows = under(Math.max(...rows.map((r) => r.requests)) / seconds, BUSIEST, this.rows);
    return all || this.rows;
  }
}
