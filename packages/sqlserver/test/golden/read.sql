SELECT CAST([plant] AS INT),
  [name],
  [botanist],
  CAST(CAST([take]]n at] AS DATETIME2(3)) AS VARCHAR(27)),
  CAST([moisture] AS FLOAT),
  CAST(CAST([price] AS DECIMAL(38,10)) AS VARCHAR(41)),
  CAST([big] AS VARCHAR(20)),
  [alive],
  CAST([seen] AS VARCHAR(10)),
  [picture],
  [more],
  [note]
WHERE [take]]n at] < CAST(@p0 AS DATETIME2(7)) AND [plant] >= CAST(@p1 AS INT) AND ([plant] > CAST(@p2 AS INT) OR [plant] = CAST(@p2 AS INT) AND [take]]n at] > CAST(@p3 AS DATETIME2(3))) AND [plant] > CAST(@p4 AS INT) AND [plant] <= CAST(@p5 AS INT) AND NOT ([plant] > CAST(@p6 AS INT) OR [plant] = CAST(@p6 AS INT) AND [take]]n at] > CAST(@p7 AS DATETIME2(3)));

-- {"p0":"2026-01-26T13:00:00","p1":"3","p2":"3","p3":"2026-01-26T12:00:00.123","p4":"2","p5":"5","p6":"9","p7":"2026-01-26T13:00:00.000"};

DELETE t FROM [dbo].[reading] AS t INNER JOIN #_millrace_keys AS k ON t.[plant] = CAST(k.[k0] AS INT) AND t.[take]]n at] = CAST(k.[k1] AS DATETIME2(3));
