//! What the two sides offer to a mapping, asked of the instance where that is possible. Nobody waits long for it: the
//! editor works without.

use super::Work;
use crate::desk;
use crate::operations::Operations;
use crate::store::State;
use merge::{Convert, FieldRule, Kind, Offers, Rules, Side};
use std::time::Duration;

/// An instance that has not answered by then is asked again with the next page; what it answered stays known.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Default)]
pub(super) struct Offered {
    pub servicenow: Offers,
    pub platform: Offers,
    /// Why nothing is known of ServiceNow's; empty when something is.
    pub unknown: String,
}

impl Operations {
    pub(super) async fn offered(&self, work: &Work) -> Offered {
        let platform = desk::offers(&[work.rules()]);
        let (servicenow, unknown) = match self.asked(work).await {
            Ok(offers) => (offers, String::new()),
            Err(why) => (Offers::default(), why),
        };
        Offered { servicenow, platform, unknown }
    }

    async fn asked(&self, work: &Work) -> Result<Offers, String> {
        if work.connection.state == State::Draft {
            return Err("The connection is not authorized yet.".to_owned());
        }
        let parts = self.parts.clone();
        let (connection, table) = (work.connection.clone(), work.rules().table.clone());
        // Goes on when nobody waits any more: the next page finds what it has learnt.
        let asking = tokio::spawn(async move {
            let side = parts.connectors.servicenow(&connection).await?;
            side.offers(&table).await
        });
        match tokio::time::timeout(PATIENCE, asking).await {
            Ok(Ok(Ok(offers))) if offers.fields.is_empty() => Err(
                "The account may read neither sys_dictionary nor sys_choice there (the role personalize_dictionary lets it)."
                    .to_owned(),
            ),
            Ok(Ok(Ok(offers))) => Ok(offers),
            Ok(Ok(Err(failure))) => Err(failure.to_string()),
            Ok(Err(_)) | Err(_) => Err("It has not answered yet. Load the page again in a while.".to_owned()),
        }
    }
}

impl Offered {
    fn on(&self, side: Side) -> &Offers {
        match side {
            Side::ServiceNow => &self.servicenow,
            Side::Platform => &self.platform,
        }
    }

    /// The fields of a side that fit the rule's other one, name and label each. All of them while nothing is known of that.
    pub fn fitting(&self, rules: &Rules, rule: &FieldRule, side: Side) -> Vec<(String, String)> {
        let parts = rule.parts(side.other());
        let there = match parts[..] {
            [one] if matches!(rule.convert, Convert::Same) => self.on(side.other()).kind(one),
            _ => None,
        };
        let fits = |kind: Kind| {
            there.is_none_or(|there| {
                (rules.allows(rule, side) && there.fits(kind)) || (rules.allows(rule, side.other()) && kind.fits(there))
            })
        };
        let offers = self.on(side).fields.iter().filter(|(_, offer)| fits(offer.kind));
        offers.map(|(name, offer)| (name.clone(), format!("{}, {}", offer.label, offer.kind.in_words()))).collect()
    }
}
