# #region look
npx millrace run population.ts --help
npx millrace explain population.ts
# #endregion
# #region run
npx millrace run population.ts --since 2020 --to file:./out
# #endregion
# #region again
npx millrace run population.ts --since 2020 --to file:./out
npx millrace state show population.ts --since 2020 --to file:./out
# #endregion
