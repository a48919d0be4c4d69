CREATE TABLE #_millrace_raw ([seq] INT NOT NULL, [f0] INT NULL, [f1] NVARCHAR(100) NULL, [f2] NVARCHAR(27) NULL, [f3] FLOAT NULL, [f4] NVARCHAR(MAX) NULL);

CREATE TABLE #_millrace_rows ([seq] INT NOT NULL, [f0] INT NULL, [f1] NVARCHAR(100) NULL, [f2] DATETIME2(3) NULL, [f3] FLOAT NULL, [f4] NVARCHAR(MAX) NULL, [id0] BIGINT NULL, [a1_2] BIGINT NULL);

CREATE TABLE #_millrace_spans0 ([k0] INT NULL, [span] INT NOT NULL, [began] DATETIME2(3) NULL, [ended] DATETIME2(3) NULL, [v0] NVARCHAR(100) NULL, [v1] NVARCHAR(MAX) NULL);

DELETE FROM #_millrace_rows;

INSERT INTO #_millrace_rows ([seq], [f0], [f1], [f2], [f3], [f4])
SELECT [seq], [f0], [f1], CAST([f2] AS DATETIME2(3)), [f3], [f4] FROM #_millrace_raw;

DELETE FROM #_millrace_spans0;

WITH numbered AS (
  SELECT s.[f0] AS [k0], s.[f2] AS [moment], s.[f1] AS [v0], s.[f4] AS [v1], ROW_NUMBER() OVER (PARTITION BY s.[f0], s.[f2] ORDER BY s.[seq] DESC) AS [nth]
  FROM #_millrace_rows AS s
), news AS (
  SELECT x.[k0], x.[moment], x.[v0], x.[v1], t.[valid_from] AS [held_from], t.[name] AS [was0]
  FROM numbered AS x LEFT JOIN [dbo].[plant] AS t WITH (UPDLOCK, HOLDLOCK) ON t.[no] = x.[k0] AND t.[valid_until] IS NULL
  WHERE x.[nth] = 1 AND (t.[valid_from] IS NULL OR x.[moment] >= t.[valid_from])
), ordered AS (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY [k0] ORDER BY [moment]) AS [turn], LAG([v0]) OVER (PARTITION BY [k0] ORDER BY [moment]) AS [last0]
  FROM news
), begun AS (
  SELECT *, CASE
    WHEN [turn] > 1 THEN CASE WHEN (CAST([v0] AS VARBINARY(MAX)) <> CAST([last0] AS VARBINARY(MAX)) OR DATALENGTH([v0]) <> DATALENGTH([last0]) OR ([v0] IS NULL AND [last0] IS NOT NULL) OR ([v0] IS NOT NULL AND [last0] IS NULL)) THEN 1 ELSE 0 END
    WHEN [held_from] IS NULL OR ([moment] > [held_from] AND ((CAST([v0] AS VARBINARY(MAX)) <> CAST([was0] AS VARBINARY(MAX)) OR DATALENGTH([v0]) <> DATALENGTH([was0]) OR ([v0] IS NULL AND [was0] IS NOT NULL) OR ([v0] IS NOT NULL AND [was0] IS NULL)))) THEN 1 ELSE 0 END AS [begins]
  FROM ordered
), spanned AS (
  SELECT *, SUM([begins]) OVER (PARTITION BY [k0] ORDER BY [moment] ROWS UNBOUNDED PRECEDING) AS [span] FROM begun
), ended AS (
  SELECT *, MIN([moment]) OVER (PARTITION BY [k0], [span]) AS [began],
    ROW_NUMBER() OVER (PARTITION BY [k0], [span] ORDER BY [moment] DESC) AS [from_last]
  FROM spanned
)
INSERT INTO #_millrace_spans0 ([k0], [span], [began], [ended], [v0], [v1])
SELECT [k0], [span], [began], LEAD([began]) OVER (PARTITION BY [k0] ORDER BY [span]), [v0], [v1]
FROM ended WHERE [from_last] = 1;

UPDATE t SET [name] = x.[v0], [note] = x.[v1]
FROM [dbo].[plant] AS t INNER JOIN #_millrace_spans0 AS x ON t.[no] = x.[k0]
WHERE t.[valid_until] IS NULL AND x.[span] = 0 AND ((CAST(t.[name] AS VARBINARY(MAX)) <> CAST(x.[v0] AS VARBINARY(MAX)) OR DATALENGTH(t.[name]) <> DATALENGTH(x.[v0]) OR (t.[name] IS NULL AND x.[v0] IS NOT NULL) OR (t.[name] IS NOT NULL AND x.[v0] IS NULL))
  OR (CAST(t.[note] AS VARBINARY(MAX)) <> CAST(x.[v1] AS VARBINARY(MAX)) OR DATALENGTH(t.[note]) <> DATALENGTH(x.[v1]) OR (t.[note] IS NULL AND x.[v1] IS NOT NULL) OR (t.[note] IS NOT NULL AND x.[v1] IS NULL)));

UPDATE t SET [valid_until] = x.[began]
FROM [dbo].[plant] AS t INNER JOIN #_millrace_spans0 AS x ON t.[no] = x.[k0]
WHERE t.[valid_until] IS NULL AND x.[span] = 1;

INSERT INTO [dbo].[plant] ([no], [name], [note], [valid_from], [valid_until])
SELECT [k0], [v0], [v1], [began], [ended] FROM #_millrace_spans0 WHERE [span] > 0 ORDER BY [k0], [began];

UPDATE s SET [id0] = x.[id]
FROM #_millrace_rows AS s INNER JOIN (
  SELECT s.[seq], t.[plant_id] AS [id], ROW_NUMBER() OVER (PARTITION BY s.[seq] ORDER BY CASE WHEN t.[valid_from] <= s.[f2] THEN 0 ELSE 1 END, CASE WHEN t.[valid_from] <= s.[f2] THEN t.[valid_from] END DESC, t.[valid_from]) AS [nth]
  FROM #_millrace_rows AS s INNER JOIN [dbo].[plant] AS t ON t.[no] = s.[f0]
) AS x ON x.[seq] = s.[seq] AND x.[nth] = 1;

UPDATE s SET [a1_2] = x.[r2]
FROM #_millrace_rows AS s INNER JOIN (
  SELECT s.[seq], t.[plant_id] AS [r2]
  FROM #_millrace_rows AS s
  INNER JOIN [dbo].[plant] AS n0 ON n0.[plant_id] = s.[id0]
  INNER JOIN [dbo].[plant] AS p0 ON p0.[no] = n0.[no]
  INNER JOIN [archive].[reading] AS t ON t.[plant_id] = p0.[plant_id] AND t.[at] = s.[f2]
) AS x ON x.[seq] = s.[seq];

UPDATE t SET [moisture] = x.[c1]
FROM [archive].[reading] AS t WITH (UPDLOCK, HOLDLOCK) INNER JOIN (
  SELECT s.[seq], s.[f2] AS [c0], s.[f3] AS [c1], COALESCE(s.[a1_2], s.[id0]) AS [c2], ROW_NUMBER() OVER (PARTITION BY COALESCE(s.[a1_2], s.[id0]), s.[f2] ORDER BY s.[seq] DESC) AS [nth]
  FROM #_millrace_rows AS s
) AS x ON t.[plant_id] = x.[c2] AND t.[at] = x.[c0]
WHERE x.[nth] = 1 AND ((t.[moisture] <> x.[c1] OR (t.[moisture] IS NULL AND x.[c1] IS NOT NULL) OR (t.[moisture] IS NOT NULL AND x.[c1] IS NULL)));

INSERT INTO [archive].[reading] ([at], [moisture], [plant_id])
SELECT x.[c0], x.[c1], x.[c2] FROM (
  SELECT s.[seq], s.[f2] AS [c0], s.[f3] AS [c1], COALESCE(s.[a1_2], s.[id0]) AS [c2], ROW_NUMBER() OVER (PARTITION BY COALESCE(s.[a1_2], s.[id0]), s.[f2] ORDER BY s.[seq] DESC) AS [nth]
  FROM #_millrace_rows AS s
) AS x
WHERE x.[nth] = 1 AND NOT EXISTS (SELECT 1 FROM [archive].[reading] AS t WITH (UPDLOCK, HOLDLOCK) WHERE t.[plant_id] = x.[c2] AND t.[at] = x.[c0]) ORDER BY x.[seq];
