//! The demo users, groups and roles. Where ServiceNow's public documentation shows a person or a
//! group, the sys_id is that one, so that published examples work as printed.

use super::{add, fixed_id};
use crate::instance::Instance;
use crate::store::Write;
use crate::user::kept_password;

pub(super) const ADMIN: &str = "6816f79cc0a8016401c5a33be04be441";

/// User name, first and last name, role, and the sys_id if it is a well-known one.
type Person = (&'static str, &'static str, &'static str, &'static str, &'static str);

const PEOPLE: &[Person] = &[
    ("admin", "System", "Administrator", "admin", ADMIN),
    ("itil", "ITIL", "User", "itil", "681b365ec0a80164000fb0b05854a0cd"),
    ("employee", "Joe", "Employee", "", "681ccaf9c0a8016400b98a06818d57c7"),
    ("beth.anglin", "Beth", "Anglin", "itil", "46d44a23a9fe19810012d100cca80666"),
    ("abel.tuter", "Abel", "Tuter", "", "62826bf03710200044e0bfc8bcbe5df1"),
    ("fred.luddy", "Fred", "Luddy", "itil", "5137153cc611227c000bbd1bd8cd2005"),
    ("david.loo", "David", "Loo", "itil", "5137153cc611227c000bbd1bd8cd2007"),
    ("don.goodliffe", "Don", "Goodliffe", "itil", "9ee1b13dc6112271007f9d0efdb69cd0"),
    ("luke.wilson", "Luke", "Wilson", "itil", ""),
    ("charlie.whitherspoon", "Charlie", "Whitherspoon", "itil", ""),
    ("bow.ruggeri", "Bow", "Ruggeri", "itil", ""),
    ("bud.richman", "Bud", "Richman", "itil", ""),
    ("david.miller", "David", "Miller", "", ""),
    ("rob.phillips", "Rob", "Phillips", "itil", ""),
    ("carol.coughlin", "Carol", "Coughlin", "", ""),
    ("amina.bello", "Amina", "Bello", "itil", ""),
    ("bruno.keller", "Bruno", "Keller", "", ""),
    ("chiara.fontana", "Chiara", "Fontana", "", ""),
    ("daria.novak", "Daria", "Novak", "itil", ""),
    ("emil.lindqvist", "Emil", "Lindqvist", "", ""),
    ("farah.haddad", "Farah", "Haddad", "", ""),
    ("goran.petrov", "Goran", "Petrov", "itil", ""),
    ("hana.sato", "Hana", "Sato", "", ""),
    ("ines.carvalho", "Inês", "Carvalho", "", ""),
    ("jonas.weber", "Jonas", "Weber", "itil", ""),
    ("kemi.adeyemi", "Kemi", "Adeyemi", "", ""),
    ("lars.jensen", "Lars", "Jensen", "", ""),
    ("mei.chen", "Mei", "Chen", "itil", ""),
    ("nadia.rahman", "Nadia", "Rahman", "", ""),
    ("oscar.delgado", "Oscar", "Delgado", "", ""),
    ("priya.nair", "Priya", "Nair", "itil", ""),
    ("quentin.moreau", "Quentin", "Moreau", "", ""),
    ("rosa.marin", "Rosa", "Marín", "", ""),
    ("samuel.okoro", "Samuel", "Okoro", "itil", ""),
    ("tove.berg", "Tove", "Berg", "", ""),
    ("ulrich.brandt", "Ulrich", "Brandt", "", ""),
    ("vera.kovacs", "Vera", "Kovács", "itil", ""),
    ("wanda.zielinska", "Wanda", "Zielińska", "", ""),
    ("ximena.rojas", "Ximena", "Rojas", "", ""),
    ("yusuf.demir", "Yusuf", "Demir", "", ""),
];

const GROUPS: &[(&str, &str)] = &[
    ("Network", "287ebd7da9fe198100f92cc8d1d2154e"),
    ("Database", "287ee6fea9fe198100ada7950d0b1b73"),
    ("Service Desk", "d625dccec0a8016700a222a0f7900d06"),
    ("Software", "8a4dde73c6112278017a6a4baf547aa7"),
    ("Hardware", "8a5055c9c61122780043563ef53438e3"),
    ("Application Development", ""),
    ("Identity and Access", ""),
    ("Payroll Support", ""),
    ("People Operations", ""),
    ("Facilities", ""),
];

const ROLES: &[&str] =
    &["admin", "itil", "itil_admin", "personalize_dictionary", "audit_viewer", "snc_platform_rest_api_access"];

/// The sys_id of a demo user.
pub(super) fn user(user_name: &str) -> String {
    let known = PEOPLE.iter().find(|person| person.0 == user_name && !person.4.is_empty());
    known.map_or_else(|| fixed_id(&format!("user {user_name}")), |person| person.4.to_owned())
}

pub(super) fn group(name: &str) -> String {
    let known = GROUPS.iter().find(|group| group.0 == name && !group.1.is_empty());
    known.map_or_else(|| fixed_id(&format!("group {name}")), |group| group.1.to_owned())
}

fn role(name: &str) -> String {
    fixed_id(&format!("role {name}"))
}

pub(super) fn furnish(instance: &Instance, write: &mut Write) {
    for name in ROLES {
        add(instance, write, "sys_user_role", &role(name), &[("name", name)]);
    }
    for (name, _) in GROUPS {
        add(instance, write, "sys_user_group", &group(name), &[("name", name)]);
    }
    let mut agents = 0;
    for &(user_name, first, last, granted, _) in PEOPLE {
        let id = user(user_name);
        let (name, email) = (format!("{first} {last}"), email(user_name));
        // Everybody's password is the user name: this is for practice.
        let password = kept_password(user_name);
        let values = [
            ("user_name", user_name),
            ("first_name", first),
            ("last_name", last),
            ("name", &name),
            ("email", &email),
            ("user_password", &password),
            ("roles", granted),
        ];
        add(instance, write, "sys_user", &id, &values);
        if granted.is_empty() {
            continue;
        }
        let grant = [("user", id.as_str()), ("role", &role(granted))];
        add(instance, write, "sys_user_has_role", &fixed_id(&format!("grant {user_name}")), &grant);
        let member = [("user", id.as_str()), ("group", &group(GROUPS[agents % GROUPS.len()].0))];
        add(instance, write, "sys_user_grmember", &fixed_id(&format!("member {user_name}")), &member);
        agents += 1;
    }
}

fn email(user_name: &str) -> String {
    format!("{user_name}@example.com")
}
