use super::*;

fn rules(issuer: &str) -> Rules {
    Rules::new(issuer, "https://congdanso.danang.example/status")
}

#[test]
fn a_set_is_found_again_after_a_restart() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("rules");
    let (one, two) = (rules("one"), rules("two"));
    let book = RulesBook::open(&folder).unwrap();
    assert!(book.ids().is_empty());
    book.put(&one).unwrap();
    book.put(&two).unwrap();
    book.put(&one).unwrap();
    for book in [book, RulesBook::open(&folder).unwrap()] {
        assert_eq!(*book.get(one.id).unwrap(), one);
        assert_eq!(*book.get(two.id).unwrap(), two);
        assert_eq!(book.ids().len(), 2);
        assert!(book.get(RulesId([0; 8])).is_none());
    }
    assert_eq!(fs::read_to_string(folder.join(format!("{}.json", one.id))).unwrap(), one.canonical());
}

#[test]
fn texts_make_the_same_book_elsewhere() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let book = RulesBook::open(here.path()).unwrap();
    book.put(&rules("one")).unwrap();
    book.put(&rules("two")).unwrap();
    let copy = RulesBook::open(there.path()).unwrap();
    for (id, text) in book.texts() {
        assert_eq!(copy.put_text(&text).unwrap(), id);
    }
    assert_eq!(copy.texts(), book.texts());
}

#[test]
fn a_changed_text_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let one = rules("one");
    RulesBook::open(folder.path()).unwrap().put(&one).unwrap();
    let path = folder.path().join(format!("{}.json", one.id));
    let good = fs::read_to_string(&path).unwrap();
    let changed = good.replacen("one", "two", 1);
    for text in [changed.as_bytes(), &good.as_bytes()[1..], b"", b"\xff"] {
        fs::write(&path, text).unwrap();
        let error = RulesBook::open(folder.path()).unwrap_err();
        assert!(matches!(error, RulesBookError::Damaged { .. }) && !error.is_retryable(), "{error}");
        assert_eq!(fs::read(&path).unwrap(), text);
    }
}

#[test]
fn a_set_of_a_newer_program_is_kept_but_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let text = rules("one").canonical().replacen('{', "{\"a_new_limit\":1,", 1);
    let id = id_of(text.as_bytes());
    fs::write(folder.path().join(format!("{id}.json")), &text).unwrap();
    let book = RulesBook::open(folder.path()).unwrap();
    assert!(book.get(id).is_none());
    assert_eq!(book.ids(), [id]);
    assert_eq!(&*book.texts()[0].1, text);
}

#[test]
fn a_set_that_is_not_what_its_id_says_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let book = RulesBook::open(folder.path()).unwrap();
    let altered = Rules { identity_days: 7, ..rules("one") };
    assert!(matches!(book.put(&altered), Err(RulesBookError::Unreadable { .. })));
    assert!(matches!(book.put_text("{}"), Err(RulesBookError::Unreadable { .. })));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_is_no_rule_set_by_its_name_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["README", "0123.json", "0011223344556677.json.new", "0011223344556677"] {
        fs::write(folder.path().join(name), "x").unwrap();
    }
    assert!(RulesBook::open(folder.path()).unwrap().ids().is_empty());
}

#[test]
fn a_set_that_cannot_be_written_is_not_found() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("rules");
    let book = RulesBook::open(&folder).unwrap();
    fs::remove_dir(&folder).unwrap();
    assert!(book.put(&rules("one")).unwrap_err().is_retryable());
    assert!(book.ids().is_empty());
}

#[test]
fn a_set_that_is_put_into_the_folder_later_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let book = RulesBook::open(folder.path()).unwrap();
    let (one, two) = (rules("one"), rules("two"));
    assert!(book.find(one.id).is_none());
    fs::write(folder.path().join(format!("{}.json", one.id)), one.canonical()).unwrap();
    fs::write(folder.path().join(format!("{}.json", two.id)), "cut off").unwrap();
    assert!(book.get(one.id).is_none());
    assert_eq!(*book.find(one.id).unwrap(), one);
    assert_eq!(*book.get(one.id).unwrap(), one);
    assert!(book.find(two.id).is_none());
    fs::write(folder.path().join(format!("{}.json", two.id)), two.canonical()).unwrap();
    assert_eq!(*book.find(two.id).unwrap(), two);
}
