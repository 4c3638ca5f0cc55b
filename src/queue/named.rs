//! Records as a webhook names them otherwise than by their sys_id, or that a person in ServiceNow asks for. The lane of
//! such a name only decides which record is meant and whether it is linked; everything else happens in the record's own.

const ASKED: &str = "asked:";
const NUMBER: &str = "number:";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named<'a> {
    /// A sys_id, or a number such as INC0010001.
    pub name: &'a str,
    pub is_number: bool,
    /// Whether a person asks for just this record.
    pub is_asked: bool,
}

impl<'a> Named<'a> {
    /// What a job has as its subject. A sys_id that nobody asked for stands for itself.
    pub fn subject(&self) -> String {
        let asked = if self.is_asked { ASKED } else { "" };
        let number = if self.is_number { NUMBER } else { "" };
        format!("{asked}{number}{}", self.name)
    }

    /// What a job's subject names, unless that is a record itself.
    pub fn of(subject: &'a str) -> Option<Self> {
        let (is_asked, rest) = subject.strip_prefix(ASKED).map_or((false, subject), |rest| (true, rest));
        let (is_number, name) = rest.strip_prefix(NUMBER).map_or((false, rest), |name| (true, name));
        (is_asked || is_number).then_some(Self { name, is_number, is_asked })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_from_its_subject() {
        for (is_number, is_asked) in [(false, true), (true, false), (true, true)] {
            let named = Named { name: "INC0010001", is_number, is_asked };
            assert_eq!(Named::of(&named.subject()), Some(named));
        }
        let plain = Named { name: "0123456789abcdef0123456789abcdef", is_number: false, is_asked: false };
        assert_eq!(plain.subject(), plain.name);
        assert_eq!(Named::of(plain.name), None);
        assert_eq!(Named::of(&crate::queue::ticket("t1")), None);
    }
}
