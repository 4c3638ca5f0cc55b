//! The operators of an encoded query and how they are spelled (contract 2.3).

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Is,
    IsNot,
    In,
    NotIn,
    Contains,
    NotContains,
    StartsWith,
    EndsWith,
    IsEmpty,
    IsNotEmpty,
    EmptyString,
    Anything,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Between,
    On,
    NotOn,
    RelativeAfter,
    RelativeBefore,
    SameAs,
    NotSameAs,
    GreaterThanField,
    LessThanField,
    GreaterOrEqualField,
    LessOrEqualField,
    ValueChanges,
    ChangesFrom,
    ChangesTo,
}

use Operator as O;

/// A longer spelling stands before any that it begins with.
const SPELLINGS: &[(&str, Operator)] = &[
    ("GT_OR_EQUALS_FIELD", O::GreaterOrEqualField),
    ("LT_OR_EQUALS_FIELD", O::LessOrEqualField),
    ("GT_FIELD", O::GreaterThanField),
    ("LT_FIELD", O::LessThanField),
    ("CHANGESFROM", O::ChangesFrom),
    ("CHANGESTO", O::ChangesTo),
    ("VALCHANGES", O::ValueChanges),
    ("ISNOTEMPTY", O::IsNotEmpty),
    ("ISEMPTY", O::IsEmpty),
    ("EMPTYSTRING", O::EmptyString),
    ("ANYTHING", O::Anything),
    ("STARTSWITH", O::StartsWith),
    ("ENDSWITH", O::EndsWith),
    ("NOT LIKE", O::NotContains),
    ("NOTLIKE", O::NotContains),
    ("NOT IN", O::NotIn),
    ("NOTON", O::NotOn),
    ("NSAMEAS", O::NotSameAs),
    ("SAMEAS", O::SameAs),
    ("BETWEEN", O::Between),
    ("RELATIVEGE", O::RelativeAfter),
    ("RELATIVEGT", O::RelativeAfter),
    ("RELATIVELE", O::RelativeBefore),
    ("RELATIVELT", O::RelativeBefore),
    ("LIKE", O::Contains),
    ("IN", O::In),
    ("ON", O::On),
    ("!=", O::IsNot),
    ("!*", O::NotContains),
    ("<=", O::LessOrEqual),
    (">=", O::GreaterOrEqual),
    ("=", O::Is),
    ("<", O::Less),
    (">", O::Greater),
    ("*", O::Contains),
    ("%", O::EndsWith),
];

impl Operator {
    /// The operator that `text` begins with, and what follows it.
    pub fn read(text: &str) -> Option<(Self, &str)> {
        SPELLINGS.iter().find_map(|&(spelling, operator)| Some((operator, text.strip_prefix(spelling)?)))
    }

    pub fn is_about_a_change(self) -> bool {
        matches!(self, Self::ValueChanges | Self::ChangesFrom | Self::ChangesTo)
    }
}
