//! Text to [`Query`]. Any text parses: what is not understood is kept as nonsense, for the instance
//! to drop or refuse (contract 2.4).

use super::{Condition, Operator, Order, Query};

impl Query {
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        let mut group = Vec::new();
        for part in parts(text) {
            let part = part.as_str();
            if let Some(field) = part.strip_prefix("ORDERBYDESC") {
                query.order.push(Order { field: field.to_owned(), descending: true });
            } else if let Some(field) = part.strip_prefix("ORDERBY") {
                query.order.push(Order { field: field.to_owned(), descending: false });
            } else if part == "EQ" || part.is_empty() || part.starts_with("GROUPBY") {
                // An end mark says nothing, and grouping is for lists on a screen.
            } else if let Some(first) = part.strip_prefix("NQ") {
                query.groups.push(std::mem::take(&mut group));
                query.add(first, &mut group, false);
            } else if let Some(alternative) = part.strip_prefix("OR") {
                query.add(alternative, &mut group, true);
            } else {
                query.add(part, &mut group, false);
            }
        }
        query.groups.push(group);
        query
    }

    /// `^OR` binds to the condition directly before it (contract 2.3).
    fn add(&mut self, text: &str, group: &mut Vec<Vec<Condition>>, alternative: bool) {
        let Some(condition) = condition(text) else {
            if !text.is_empty() {
                self.nonsense.push(text.to_owned());
            }
            return;
        };
        match group.last_mut() {
            Some(alternatives) if alternative => alternatives.push(condition),
            _ => group.push(vec![condition]),
        }
    }
}

fn condition(text: &str) -> Option<Condition> {
    let end = text.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.')))?;
    let (field, rest) = text.split_at(end);
    let (operator, value) = Operator::read(rest)?;
    if field.is_empty() {
        return None;
    }
    Some(Condition { field: field.to_owned(), operator, value: value.to_owned() })
}

/// Splits at `^`. A doubled one stands for the character itself, as in ServiceNow's scripting guidance.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '^' && rest.next_if_eq(&'^').is_none() {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(query: &Query) -> Vec<Vec<Vec<&str>>> {
        fn names(any: &[Condition]) -> Vec<&str> {
            any.iter().map(|condition| condition.field.as_str()).collect()
        }
        query.groups.iter().map(|group| group.iter().map(|any| names(any)).collect()).collect()
    }

    #[test]
    fn or_binds_to_the_condition_before_it() {
        let query = Query::parse("a=1^b=2^ORb=3^NQc=4^ORDERBYd^EQ");
        assert_eq!(fields(&query), vec![vec![vec!["a"], vec!["b", "b"]], vec![vec!["c"]]]);
        assert_eq!(query.order, vec![Order { field: "d".into(), descending: false }]);
    }

    #[test]
    fn the_longest_operator_is_meant() {
        let query = Query::parse("stateNOT IN6,7^numberSTARTSWITHINC^a!=^b>=3");
        let operators: Vec<_> = query.groups[0].iter().map(|any| any[0].operator).collect();
        let expected = [Operator::NotIn, Operator::StartsWith, Operator::IsNot, Operator::GreaterOrEqual];
        assert_eq!(operators, expected);
    }

    #[test]
    fn a_doubled_caret_is_a_caret() {
        let query = Query::parse("short_description=a^^b");
        assert_eq!(query.groups[0][0][0].value, "a^b");
    }
}
