//! Queries for the comparison: well-formed ones, half-broken ones, and soup.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::query::Operator;

/// Groups of alternatives of conditions, each as text; and what is to be sorted by.
#[derive(Debug, Clone)]
pub struct Plan {
    pub groups: Vec<Vec<Vec<String>>>,
    pub order: Vec<(bool, &'static str)>,
    /// Stands between the order and the conditions, or after all.
    pub order_first: bool,
}

impl Plan {
    pub fn text(&self) -> String {
        let groups = self.groups.iter().map(|group| {
            let all: Vec<String> = group.iter().map(|any| any.join("^OR")).collect();
            all.join("^")
        });
        let conditions = groups.collect::<Vec<_>>().join("^NQ");
        let order =
            self.order.iter().map(
                |(descending, field)| {
                    if *descending { format!("ORDERBYDESC{field}") } else { format!("ORDERBY{field}") }
                },
            );
        let order = order.collect::<Vec<_>>().join("^");
        if self.order_first { format!("{order}^{conditions}^EQ") } else { format!("{conditions}^{order}") }
    }
}

const FIELDS: &[&str] = &[
    "name",
    "note",
    "count",
    "other_count",
    "size",
    "done",
    "day",
    "at",
    "seen",
    "owner",
    "team",
    "parent",
    "watchers",
    "comments",
    "all_notes",
    "sys_id",
    "sys_class_name",
    "owner.name",
    "owner.manager",
    "owner.manager.email",
    "owner.active",
    "team.parent.manager.name",
    "parent.at",
    "parent.parent.count",
    "parent.comments",
    "parent.day",
    "ref_practice_bug.severity",
    "ref_practice_bug.name",
    "ref_practice_bug.found_by.name",
    "parent.ref_practice_bug.severity",
];
const BROKEN_FIELDS: &[&str] =
    &["nothing", "owner.nothing", "name.name", "secret", "severity", "", "Name", "ref_task.name", "owner."];

const TEXTS: &[&str] = &[
    "",
    "alpha",
    "ALPHA",
    "Alpha Beta",
    "a",
    "eta",
    "gamma^^delta",
    "100%",
    "o'neil",
    "NULL",
    "12",
    "Bob Beta",
    "u2",
    "u1,u2",
    "practice_bug",
];
const NUMBERS: &[&str] = &["0", "1", "2", "01", "-3", "10", "1.5", "2.0", "10.25", "-0.5", "many", ""];
const TIMES: &[&str] = &[
    "2026-03-15",
    "2026-03-15 12:00:00",
    "2026-03-15 23:00:00",
    "2025-12-31",
    "javascript:gs.daysAgoStart(0)",
    "javascript:gs.daysAgoEnd(1)",
    "javascript:gs.daysAgo(1)",
    "javascript:gs.beginningOfThisMonth()",
    "javascript:gs.nowDateTime()",
    "javascript:gs.dateGenerate('2026-03-16','start')",
    "javascript:gs.endOfLastYear()",
    "javascript:gs.now()",
];
const SETS: &[&str] = &[
    "",
    "alpha,BETA",
    "1,2",
    "01, 10,1.5",
    "u1,u2,u9",
    "true,0",
    "alpha,",
    "javascript:gs.getUser().getMyGroups()",
    "2026-03-15,2026-03-16",
    "practice_bug,x",
];
const SCRIPTS: &[&str] = &[
    "javascript:gs.getUserID()",
    "javascript:gs.getUser().getMyGroups()",
    "javascript:getMyGroups()",
    "javascript:gs.boom()",
    "javascript:gs.getUser().getRecord().getValue('manager')",
    "javascript:gs.getUser().getEmail()",
    "javascript:while(1);",
];
const RANGES: &[&str] = &[
    "1@10",
    "a@c",
    "-3@1.5",
    "2026-03-15@2026-03-16",
    "2026-03-01 00:00:00@javascript:gs.endOfThisMonth()",
    "1",
    "@",
    "10@1",
];
const PERIODS: &[&str] = &[
    "Today@javascript:gs.daysAgoStart(0)@javascript:gs.daysAgoEnd(0)",
    "2026-03-15",
    "This year@javascript:gs.beginningOfThisYear()@javascript:gs.endOfThisYear()",
    "x@2026-03-15 00:00:00@2026-03-15 22:59:59",
    "Today",
    "Last 7 days@javascript:gs.beginningOfLast7Days()@javascript:gs.endOfLast7Days()",
];
const RELATIVE: &[&str] = &[
    "@hour@ago@2",
    "@day@ago@0",
    "@dayofweek@ago@1",
    "@month@ago@1",
    "@week@ahead@2",
    "@quarter@ago@1",
    "@year@ago@1",
    "@minute@ahead@5",
    "@hour@ago",
    "@fortnight@ago@1",
    "@day@sometime@1",
];
const PARTS: &[&str] = &[
    "Monday@javascript:gs.datePart('dayofweek','monday','GE')",
    "Sunday@javascript:gs.datePart('dayofweek','sunday','EE')",
    "March@javascript:gs.datePart('month','mar','LE')",
    "Quarter 1@javascript:gs.datePart('quarter','1','EE')",
    "2025@javascript:gs.datePart('year','2025','GT')",
    "Week 11@javascript:gs.datePart('week','11','LT')",
    "Noon hour@javascript:gs.datePart('hour','12','GE')",
    "1 am@javascript:gs.datePart('hour','1','EE')",
    "x@javascript:gs.datePart('moon','1','EE')",
    "Monday",
];
const OTHERS: &[&str] = &[
    "name",
    "note",
    "count",
    "other_count",
    "at",
    "seen",
    "day",
    "owner",
    "owner.manager",
    "parent.owner",
    "parent.at",
    "watchers",
    "size",
    "nothing",
    "ref_practice_bug.found_by",
];
const DATE_OTHERS: &[&str] = &[
    "seen@hour",
    "seen@day",
    "at@week",
    "seen@month",
    "day@quarter",
    "parent.at@year",
    "seen@day@before@1",
    "seen@hour@after@3",
    "day@week@before or after@1",
    "seen@day@sideways@1",
    "name@day",
    "seen",
];
const DYNAMIC: &[&str] = &["me", "mine", "broken", "unknown"];
const STARTS: &[&str] = &["u2", "fdd0fa0f93f5d2505bd0bd886cba1015@u1", "g1", "t05", "u9", "x@me", "x@mine", "me"];
const SPECIAL: &[&str] = &[
    "sys_tags.red=red",
    "sys_tags=blue",
    "sys_tags.red!=red",
    "sys_tags.redDOESNOTHAVEred",
    "sys_tags.redEXCLUDINGred",
    "sys_tagsISEMPTY",
    "sys_tagsISNOTEMPTY",
    "parent.nameISNOTEMPTY",
    "123TEXTQUERY321=alpha",
    "123TEXTQUERY321=beta ALPHA",
    "123TEXTQUERY321=",
    "123TEXTQUERY321=o'neil *2*",
    "RLQUERYpractice_ticket.parent,>=1^ENDRLQUERY",
    "RLQUERYpractice_ticket.parent,>=2,m2m^count>0^ENDRLQUERY",
    "RLQUERYpractice_ticket.parent,=0^done=true^ORdone=false^ENDRLQUERY",
    "RLQUERYpractice_bug.parent,BETWEEN1@2^nothing=1^ENDRLQUERY",
    "RLQUERYpractice_ticket.parent,<2^nameLIKEa^NQcount=1^ENDRLQUERY",
    "RLQUERYpractice_ticket.owner,>=1^ENDRLQUERY",
    "RLQUERYpractice_ticket.parent,name=1^ENDRLQUERY",
    "RLQUERYx^ENDRLQUERY",
    "JOINpractice_ticket.owner=sys_user_grmember.user!group=g2",
    "JOINpractice_ticket.sys_id=practice_bug.parent",
    "JOINpractice_ticket.team=sys_user_grmember.group!user.name=Bob Beta",
    "JOINsys_user.sys_id=practice_ticket.owner",
    "JOINx",
    "nameVALCHANGES",
    "countCHANGESTO1",
    "garbage",
    "=",
    "name",
    "name is alpha",
    "ON",
    "<>",
    "%",
];

fn value(operator: Operator) -> BoxedStrategy<&'static str> {
    use Operator as O;
    let usual = match operator {
        O::In | O::NotIn => SETS,
        O::Between => RANGES,
        O::On | O::NotOn => PERIODS,
        O::DatePart => PARTS,
        O::RelativeAfter | O::RelativeOnOrAfter | O::RelativeBefore | O::RelativeOnOrBefore | O::RelativeOn => RELATIVE,
        O::MoreThan | O::LessThan => DATE_OTHERS,
        O::SameAs | O::NotSameAs => return prop_oneof![select(OTHERS), select(DATE_OTHERS)].boxed(),
        O::GreaterThanField | O::LessThanField | O::GreaterOrEqualField | O::LessOrEqualField | O::InField => OTHERS,
        O::Dynamic => DYNAMIC,
        O::InHierarchy | O::InHierarchyDynamic => STARTS,
        _ => {
            return prop_oneof![4 => select(TEXTS), 3 => select(NUMBERS), 3 => select(TIMES), 1 => select(SCRIPTS)]
                .boxed();
        }
    };
    prop_oneof![9 => select(usual), 1 => select(TEXTS)].boxed()
}

fn condition() -> impl Strategy<Value = String> {
    let spelled = select(Operator::spellings().collect::<Vec<_>>());
    let usual = (prop_oneof![12 => select(FIELDS), 1 => select(BROKEN_FIELDS)], spelled).prop_flat_map(
        |(field, (spelling, operator))| value(operator).prop_map(move |value| format!("{field}{spelling}{value}")),
    );
    prop_oneof![8 => usual, 1 => select(SPECIAL).prop_map(str::to_owned)]
}

pub fn plan() -> impl Strategy<Value = Plan> {
    let groups = vec(vec(vec(condition(), 1..3), 1..4), 1..4);
    let fields = prop_oneof![12 => select(FIELDS), 1 => select(BROKEN_FIELDS)];
    (groups, vec((any::<bool>(), fields), 0..3), any::<bool>()).prop_map(|(groups, order, order_first)| Plan {
        groups,
        order,
        order_first,
    })
}

/// Pieces of the language in any order.
pub fn soup() -> impl Strategy<Value = String> {
    let spellings = select(Operator::spellings().map(|(spelling, _)| spelling).collect::<Vec<_>>());
    let marks = select(
        &[
            "^",
            "^OR",
            "^NQ",
            "^EQ",
            "^^",
            "ORDERBY",
            "ORDERBYDESC",
            "GROUPBY",
            "RLQUERY",
            "^ENDRLQUERY",
            "JOIN",
            "!",
            "@",
            ",",
            "javascript:",
            "gs.",
            "(",
            ")",
            "'",
            "sys_tags.",
            "123TEXTQUERY321=",
        ][..],
    );
    let pools = [
        TEXTS,
        NUMBERS,
        TIMES,
        SETS,
        SCRIPTS,
        RANGES,
        PERIODS,
        RELATIVE,
        PARTS,
        OTHERS,
        DATE_OTHERS,
        DYNAMIC,
        STARTS,
        SPECIAL,
        FIELDS,
        BROKEN_FIELDS,
    ];
    let piece = prop_oneof![
        2 => marks.prop_map(str::to_owned),
        1 => spellings.prop_map(str::to_owned),
        2 => select(pools.concat()).prop_map(str::to_owned),
        1 => ".{0,4}",
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}
