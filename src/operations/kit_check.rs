//! Reads back what is installed in ServiceNow, and says how it differs from what would be installed now. Secrets are
//! compared and never shown, nor is any text there that holds one.

use super::{Operations, connect, show};
use crate::connectors::servicenow::kit::{Deviation, Kind, Kit, Piece, Standing};
use app::api::Answer;
use app::model::{KitCheck, PieceCheck, PieceDifference, PieceStanding, Role};
use secrecy::ExposeSecret;

const AGAIN: &str = "Import the update set again: it brings every record up to date.";

impl Operations {
    pub async fn read_kit_back(&self, id: &str) -> Answer<KitCheck> {
        self.require(Role::Admin, "connections.check_kit", id).await?;
        let connection = self.connection_of(id).await?;
        let kit = self.kit_of(&connection)?;
        let pieces = kit.pieces();
        let side = self.parts.connectors.servicenow(&connection).await.map_err(|failure| connect::trouble(&failure))?;
        let standing = side.standing(&pieces).await.map_err(|failure| connect::trouble(&failure))?;
        let mut tx = self.begin().await?;
        self.audit(&mut tx, "connections.check_kit", id, "", false).await?;
        self.commit(tx).await?;
        let checks = pieces.iter().zip(standing).map(|(piece, standing)| check(&kit, piece, standing)).collect();
        Ok(KitCheck { at: show::when(self.parts.clock.now()), pieces: checks })
    }
}

fn check(kit: &Kit, piece: &Piece, standing: Standing) -> PieceCheck {
    let (standing, what, what_to_do, differences) = match standing {
        Standing::Missing => {
            let by_hand = if piece.kind.known_by().is_none() {
                " One that was made by hand is not recognised, since ServiceNow gave it another sys_id."
            } else {
                ""
            };
            let todo = if piece.is_optional {
                "It may be left out. The update set installs it, or make it by hand as below."
            } else {
                "Import the update set and commit it, or make it by hand as below."
            };
            (PieceStanding::Missing, format!("It is not there.{by_hand}"), todo.to_owned(), Vec::new())
        }
        Standing::Unknown { why } => {
            let todo = format!(
                "Let an administrator of ServiceNow look: open {}.do?sys_id={} there. The first signed webhook is a proof \
                 as well.",
                piece.kind.table(),
                piece.sys_id
            );
            (PieceStanding::Unknown, format!("Whether it is there cannot be seen. {why}"), todo, Vec::new())
        }
        Standing::There { is_off, deviations, hidden } => there(kit, piece, is_off, deviations, &hidden),
    };
    PieceCheck {
        kind: piece.kind.in_words().to_owned(),
        name: piece.name.clone(),
        is_optional: piece.is_optional,
        standing,
        what,
        what_to_do,
        differences,
    }
}

fn there(
    kit: &Kit,
    piece: &Piece,
    is_off: bool,
    deviations: Vec<Deviation>,
    hidden: &[&'static str],
) -> (PieceStanding, String, String, Vec<PieceDifference>) {
    let labels = |columns: &mut dyn Iterator<Item = &'static str>| {
        columns.map(|column| piece.label(column)).collect::<Vec<_>>().join(", ")
    };
    let mut what = Vec::new();
    let mut todo = Vec::new();
    if is_off {
        let switch = if piece.kind == Kind::Property { "Value is false" } else { "Active is not ticked" };
        what.push(format!("It is switched off: {switch}."));
        todo.push("Switch it on there, if that was not meant.".to_owned());
    }
    if !deviations.is_empty() {
        let fields = labels(&mut deviations.iter().map(|deviation| deviation.column));
        what.push(format!("Otherwise than Isthmus would install it: {fields}."));
        todo.push(AGAIN.to_owned());
    }
    if !hidden.is_empty() {
        what.push(format!("This account may not read: {}.", labels(&mut hidden.iter().copied())));
        todo.push(format!(
            "Whether these are the same only an account sees that may read table {}, such as one with the role admin.",
            piece.kind.table()
        ));
    }
    let standing = match (is_off, deviations.is_empty(), hidden.is_empty()) {
        (true, ..) => PieceStanding::Off,
        (_, false, _) => PieceStanding::Differs,
        (.., false) => PieceStanding::Unknown,
        _ => PieceStanding::Same,
    };
    if standing == PieceStanding::Same {
        what.push("Installed, and the same.".to_owned());
    }
    let differences = deviations.into_iter().map(|deviation| difference(kit, piece, deviation)).collect();
    (standing, what.join(" "), todo.join(" "), differences)
}

fn difference(kit: &Kit, piece: &Piece, deviation: Deviation) -> PieceDifference {
    let field = piece.label(deviation.column).to_owned();
    if piece.is_secret() && deviation.column == "value" {
        return PieceDifference { field, is_secret: true, there: String::new(), wanted: String::new() };
    }
    // Somebody may have written them into a script by hand.
    let masked = |text: &str| {
        let text = text.replace(kit.secret.expose_secret(), "(the secret)");
        text.replace(&kit.endpoint, "(the address)")
    };
    let (there, wanted) = (masked(&deviation.there), masked(&deviation.wanted));
    PieceDifference { field, is_secret: false, there, wanted }
}
