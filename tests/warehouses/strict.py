"""Whether a warehouse would take a statement, as far as that can be told without one.

sqlglot parses it in the warehouse's dialect and must understand all of it. It is lenient: it knows the functions and
types of every dialect in each. So what it lets pass is looked at here: each function and type must be one of the
warehouse's, by the lists below, and some constructs are none of its own.
"""

from __future__ import annotations

import logging
import re

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokens import Token, TokenType

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # what is opaque is found below

# Words before a parenthesis that are no functions.
WORDS = set("""
    ALL AND ANY AS BETWEEN BY CASE DISTINCT ELSE EXCEPT EXISTS FROM GROUP HAVING IN INTERSECT INTERVAL JOIN NOT ON OR
    OVER SELECT THEN UNION USING VALUES WHEN WHERE WITH
""".split())

FUNCTIONS = {
    "shared": """
        ABS AVG CAST COALESCE COUNT DATEDIFF DENSE_RANK EXP EXTRACT FIRST_VALUE FLOOR GREATEST LAG LEAD LEAST
        LEFT LENGTH LN LOWER LPAD MAX MD5 MIN MOD NULLIF POWER RANK REGEXP_REPLACE REPLACE RIGHT ROUND ROW_NUMBER RPAD
        RTRIM SIGN SQRT SUBSTR SUM TRANSLATE TRIM UPPER
    """,
    "snowflake": """
        AS_ARRAY BITAND CONVERT_TIMEZONE DATEADD DATE_PART DATE_TRUNC DAYOFWEEKISO FILTER GET GET_PATH HASH LISTAGG
        OBJECT_CONSTRUCT_KEEP_NULL PARSE_JSON POSITION REGEXP_LIKE SHA2 SPLIT_PART TO_JSON TO_VARCHAR TO_VARIANT
        TRY_TO_DATE TRY_TO_DECIMAL TRY_TO_TIMESTAMP_NTZ
    """,
    "bigquery": """
        CURRENT_TIMESTAMP DATETIME DATETIME_DIFF DATE_ADD DATE_TRUNC FARM_FINGERPRINT IF JSON_QUERY_ARRAY JSON_VALUE
        OPTIONS REGEXP_CONTAINS SAFE_CAST SAFE_MULTIPLY SAFE_ORDINAL SHA256 SPLIT STRING_AGG STRPOS STRUCT TIMESTAMP
        TIMESTAMP_ADD TIMESTAMP_MICROS TO_HEX TO_JSON_STRING UNIX_MICROS UNNEST
    """,
    "redshift": """
        ARRAY BTRIM CHR DATEADD DATE_TRUNC FARMFINGERPRINT64 JSON_EXTRACT_PATH_TEXT JSON_SERIALIZE LISTAGG OBJECT
        POSITION REGEXP_SUBSTR SHA2 SPLIT_PART TRY_CAST
    """,
    "databricks": """
        BTRIM CONVERT_TIMEZONE DOUBLE FILTER FORMAT_STRING FROM_JSON GET GET_JSON_OBJECT ISNAN LISTAGG MAP
        NAMED_STRUCT POSITION REGEXP_EXTRACT SHA2
        SHIFTRIGHTUNSIGNED SPLIT_PART STRUCT TIMESTAMPADD TIMESTAMPDIFF TO_JSON TRUNC TRY_CAST TRY_MULTIPLY
        UNIX_MICROS XXHASH64 DATE_TRUNC
    """,
}

TYPES = {
    "shared": "BIGINT BOOLEAN DATE DECIMAL",
    "snowflake": "DOUBLE FLOAT8 INTEGER TEXT TIMESTAMP_NTZ VARCHAR",
    "bigquery": "BIGNUMERIC DATETIME FLOAT64 INT64 INTEGER NUMERIC STRING TIMESTAMP",
    "redshift": "DOUBLE FLOAT8 INTEGER TEXT TIMESTAMP VARCHAR",
    "databricks": "DOUBLE INT INTEGER STRING TIMESTAMP_NTZ",
}

WITHOUT_ZONE = ("snowflake", "redshift")  # which have `timestamp without time zone`

# What its grammar has not, though the parser takes it. (All know recursion, but none with windows in it, one to a
# hundred steps, one to five hundred.)
FOREIGN = {
    "shared": [r"as (not )?materialized", r":=", r"\be'", r"\brecursive\b"],
    "snowflake": [
        r"at time zone", r"<<|>>|&", r"\bwindow \w+ as\b", r"(except|intersect) (all|distinct)", r"limit \d+ percent",
    ],
    "bigquery": [r"at time zone", r"(except|intersect|union)(?! all| distinct| ?\()", r"(except|intersect) all", r"::"],
    "redshift": [r"is (not )?distinct from", r"(except|intersect) (all|distinct)", r"\blateral\b"],
    "databricks": [r"at time zone", r"::"],
}

# What dbt itself asks, or tells, before and after it builds: none of the package's words.
DBTS_OWN = re.compile(
    r"(?is)\s*(show (tables|objects) in |describe (extended|table) |alter \w+ \S+\s+(drop row filter|unset tags)).*"
    r"|.*\bfrom information_schema\..*"
)

RESERVED = {  # where sqlglot does not know them
    "snowflake": """
        ALL ANY CONNECT CURRENT FOLLOWING INCREMENT ISSUE LATERAL LIKE MINUS QUALIFY REGEXP RLIKE ROW ROWS SAMPLE SET
        SOME START TABLE TABLESAMPLE TRIGGER UNION UNIQUE USING VALUES WHENEVER WITH
    """.split(),
    "databricks": """
        ANTI CROSS EXCEPT FULL INNER INTERSECT JOIN LATERAL LEFT MINUS NATURAL ON RIGHT SEMI UNION USING
    """.split(),
}


def words(lists: dict[str, str], dialect: str) -> set[str]:
    return set(f"{lists['shared']} {lists[dialect]}".split())


def faults(sql: str, dialect: str) -> list[str]:
    """Why the warehouse would not take it; nothing if it would."""
    if DBTS_OWN.fullmatch(sql):
        return []
    sql = re.sub(r"^\s*describe query\s", "", sql)
    try:
        tokens = sqlglot.tokenize(sql, read=dialect)
        statements = sqlglot.parse(sql, read=dialect, error_level=sqlglot.ErrorLevel.RAISE)
    except sqlglot.errors.SqlglotError as error:
        return [f"not parsed: {str(error)[:300]}"]
    found = strange_words(tokens, dialect)
    written = " ".join("''" if token.token_type in TEXTS else token.text.lower() for token in tokens)
    for pattern in FOREIGN["shared"] + FOREIGN[dialect]:
        found += [f"not of this grammar: {match.group()}" for match in re.finditer(pattern, written)]
    for statement in filter(None, statements):
        found += [f"opaque: {node.sql()[:80]}" for node in statement.find_all(exp.Command)]
        found += strange_structure(statement, dialect)
    return found


TEXTS = {TokenType.STRING, TokenType.RAW_STRING, TokenType.NATIONAL_STRING}


def strange_words(tokens: list[Token], dialect: str) -> list[str]:
    """Functions and types that the warehouse has not."""
    functions, types = words(FUNCTIONS, dialect), words(TYPES, dialect)
    found, open_casts, depth = [], [], 0
    for number, token in enumerate(tokens):
        before = tokens[number - 1] if number else token
        after = tokens[number + 1] if number + 1 < len(tokens) else token
        word = token.text.upper()
        is_name = before.token_type == TokenType.DOT or token.token_type == TokenType.IDENTIFIER
        if token.token_type == TokenType.L_PAREN:
            depth += 1
            if before.text.upper() in ("CAST", "TRY_CAST", "SAFE_CAST"):
                open_casts.append(depth)
        elif token.token_type == TokenType.R_PAREN:
            if open_casts and open_casts[-1] == depth:
                open_casts.pop()
            depth -= 1
        elif before.token_type == TokenType.ALIAS and open_casts and open_casts[-1] == depth:
            is_without_zone = word == "TIMESTAMP" and after.text.upper() == "WITHOUT" and dialect in WITHOUT_ZONE
            if word.replace(" PRECISION", "") not in types and not is_without_zone:
                found.append(f"no type of this warehouse: {token.text}")
        elif after.token_type == TokenType.L_PAREN and word.replace("_", "").isalnum() and not is_name:
            if word not in WORDS | functions | types:
                found.append(f"no function of this warehouse: {token.text}")
    return found


def tables(part: exp.Expression) -> set[str]:
    return {column.table for column in part.find_all(exp.Column)}


def strange_structure(statement: exp.Expression, dialect: str) -> list[str]:
    found = []
    reserved = RESERVED.get(dialect) or Dialect.get_or_raise(dialect).generator_class.RESERVED_KEYWORDS
    reserved = {word.upper() for word in reserved}
    for name in statement.find_all(exp.Identifier):
        if not name.quoted and name.name.upper() in reserved:
            found.append(f"reserved word as a name: {name.name}")
    for window in statement.find_all(exp.Window):
        function, is_ordered = window.this, bool(window.args.get("order"))
        if dialect in ("snowflake", "databricks") and isinstance(function, exp.RowNumber) and not is_ordered:
            found.append("row_number() without an order")
        if dialect == "redshift" and is_ordered and not window.args.get("spec") and isinstance(
            function, (exp.AggFunc, exp.FirstValue, exp.LastValue)
        ) and not isinstance(function, (exp.DenseRank, exp.Lag, exp.Lead, exp.Rank, exp.RowNumber)):
            found.append(f"a window with an order and no frame: {function.sql()}")
    if dialect == "bigquery":
        for join in statement.find_all(exp.Join):
            condition = join.args.get("on")
            # What comes before it is one side, however many tables that are.
            if join.side and condition and not any(
                isinstance(part, exp.EQ) and tables(part.left) and tables(part.right)
                and not tables(part.left) & tables(part.right)
                for part in [condition, *condition.flatten()]
            ):
                found.append(f"an outer join without an equality: {condition.sql()}")
        for type_ in statement.find_all(exp.DataType):
            digits = [int(size.name) for size in type_.expressions]
            if type_.this == exp.DataType.Type.DECIMAL and digits and (digits[1] > 9 or digits[0] - digits[1] > 29):
                found.append(f"no room for so many digits: {type_.sql()}")
        for select in statement.find_all(exp.Select):
            if select.args.get("where") and not (select.args.get("from") or select.args.get("from_")):
                found.append("a condition without a table")
    return found
