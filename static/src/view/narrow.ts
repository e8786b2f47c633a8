/** A phone's width: charts, lists and lines are tabs, and the drawer covers all of them. See `.bottom-tabs`. */
export const narrow = matchMedia("(max-width: 599px)");
