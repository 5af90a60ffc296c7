//! Lists of any length.

use super::Place;
use crate::model::{ChannelId, MessageId, PageRequest, UserId};
use crate::store::MessageSearch;

#[tokio::test]
async fn no_list_is_too_long_for_a_statement() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await.id;
    let said = place.say(room, ada, "hello").await.id;
    let (users, names): (Vec<UserId>, Vec<String>) =
        (0..40_000).map(|n| (UserId(n), format!("user{n}"))).unzip();
    place
        .read(move |db| {
            assert_eq!(db.users(&users)?.len(), 1);
            assert!(db.ids_by_name(&names)?.is_empty());
            assert_eq!(db.relationships(ada, &users)?.len(), 0);
            let channels: Vec<_> = (0..40_000).map(ChannelId).collect();
            assert_eq!(db.channels(&channels)?.len(), 1);
            let messages: Vec<_> = (0..40_000).map(MessageId).collect();
            assert_eq!(db.messages(&messages)?.len(), 1);
            let search = MessageSearch {
                channels,
                ..MessageSearch::default()
            };
            let request = PageRequest::default();
            assert_eq!(db.search_messages(&search, &request)?.items[0].1.id, said);
            Ok(())
        })
        .await;
}
