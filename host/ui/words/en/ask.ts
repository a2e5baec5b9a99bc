/** Holds the text of the view for questions. */

export const ask = {
  title: 'Ask',
}
