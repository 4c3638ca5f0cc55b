//! The operators of an encoded query and how they are spelled (contract 2.3).

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Is,
    IsNot,
    In,
    NotIn,
    InstanceOf,
    Contains,
    NotContains,
    StartsWith,
    EndsWith,
    IsEmpty,
    IsNotEmpty,
    Anything,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Between,
    On,
    NotOn,
    DatePart,
    RelativeAfter,
    RelativeOnOrAfter,
    RelativeBefore,
    RelativeOnOrBefore,
    RelativeOn,
    MoreThan,
    LessThan,
    SameAs,
    NotSameAs,
    GreaterThanField,
    LessThanField,
    GreaterOrEqualField,
    LessOrEqualField,
    InField,
    Dynamic,
    InHierarchy,
    InHierarchyDynamic,
    DoesNotHave,
    Excluding,
    ValueChanges,
    ChangesFrom,
    ChangesTo,
    /// `123TEXTQUERY321=words`.
    Text,
    /// `RLQUERYtable.column,>=1^condition^ENDRLQUERY`: the field is `table.column`, the value all that follows the comma.
    Related,
    /// `JOINtable.column=other.column!condition`: the field is what stands before the first `=`.
    Join,
    /// No condition at all. It keeps its place, so that an `^OR` behind it does not bind to the wrong one.
    Nonsense,
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
    ("ISEMPTYSTRING", O::IsEmpty),
    ("ISEMPTY", O::IsEmpty),
    // Nothing is stored as NULL, so an empty string is all that empty can mean.
    ("EMPTYSTRING", O::IsEmpty),
    ("ANYTHING", O::Anything),
    ("STARTSWITH", O::StartsWith),
    ("ENDSWITH", O::EndsWith),
    ("DOES NOT CONTAIN", O::NotContains),
    ("NOT LIKE", O::NotContains),
    ("NOTLIKE", O::NotContains),
    ("CONTAINS", O::Contains),
    ("NOT IN", O::NotIn),
    ("NOTIN", O::NotIn),
    ("NOTON", O::NotOn),
    ("NSAMEAS", O::NotSameAs),
    ("SAMEAS", O::SameAs),
    ("BETWEEN", O::Between),
    ("DATEPART", O::DatePart),
    ("RELATIVEGE", O::RelativeOnOrAfter),
    ("RELATIVEGT", O::RelativeAfter),
    ("RELATIVELE", O::RelativeOnOrBefore),
    ("RELATIVELT", O::RelativeBefore),
    ("RELATIVEEE", O::RelativeOn),
    ("MORETHAN", O::MoreThan),
    ("LESSTHAN", O::LessThan),
    ("DYNAMIC", O::Dynamic),
    ("DOESNOTHAVE", O::DoesNotHave),
    ("EXCLUDING", O::Excluding),
    ("INSTANCEOF", O::InstanceOf),
    ("IN_HIERARCHY_DYNAMIC", O::InHierarchyDynamic),
    ("IN_HIERARCHY", O::InHierarchy),
    ("IN_FIELD", O::InField),
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

    /// A range operation needs the right `query_range` on its column, the others `query_match` (contract 2.4).
    pub fn is_range(self) -> bool {
        !matches!(
            self,
            O::Is | O::IsNot | O::In | O::NotIn | O::SameAs | O::NotSameAs | O::Anything | O::IsEmpty | O::IsNotEmpty
        )
    }

    #[cfg(test)]
    pub fn spellings() -> impl Iterator<Item = (&'static str, Self)> {
        SPELLINGS.iter().copied()
    }
}
