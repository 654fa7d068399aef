// Which rows of a damaged file are told apart, and what is noted of them.
#include "store/salvage_notes.h"

#include "tests/unit/store/box.h"

namespace reporterd {
namespace {

using Kind = RawValue::Kind;

constexpr Seq highest_seq = Seq{1} << 40;
constexpr std::int64_t earliest_ts = 1'420'070'400'000'000;
constexpr std::int64_t latest_ts = std::int64_t{1} << 53;
const std::string sha(32, 's');
const std::string content(32, 'c');

RawValue null() {
  return {};
}
RawValue integer(std::int64_t value) {
  return {.kind = Kind::integer, .integer = value, .bytes = {}};
}
RawValue text(std::string_view value) {
  return {.kind = Kind::text, .bytes = value};
}
RawValue blob(std::string_view value) {
  return {.kind = Kind::blob, .bytes = value};
}

struct Notes : SalvageNotes {
  Notes() : SalvageNotes(*Database::open(":memory:", "")) {}
  void take_pair_of(std::optional<std::int64_t> rowid, RawValue first, RawValue second) {
    take({rowid, {first, second}});
  }
  std::size_t claims(Seq seq) { return claiming(seq).size(); }
};

// A row of `message` that waits; its values are the positions of the columns where possible.
RawRow waiting(Seq seq) {
  return {seq,
          {null(), integer(earliest_ts), integer(2), integer(3), integer(0), integer(5), integer(6),
           integer(7), blob(sha), blob(content), integer(10), integer(11), integer(0), integer(0),
           integer(1), null(), null(), null(), text("")}};
}

RawRow in_state(std::int64_t state, bool has_end) {
  RawRow row = waiting(1);
  row.values[4] = integer(state);
  row.values[16] = has_end ? integer(16) : null();
  return row;
}

RawRow with(RawRow row, std::size_t column, RawValue value) {
  row.values[column] = value;
  return row;
}

NotedMessage noted(const RawRow& row) {
  Notes notes;
  notes.take(row);
  notes.sort();
  const auto claims = notes.claiming(*row.rowid);
  EXPECT_EQ(claims.size(), 1U);
  return claims.empty() ? NotedMessage{} : claims[0];
}

bool is_noted(const RawRow& row) {
  Notes notes;
  notes.take(row);
  notes.sort();
  return notes.claims(*row.rowid) == 1;
}

TEST(SalvageNotes, NoteAMessageAsItsRowSays) {
  const NotedMessage found = noted(waiting(17));
  EXPECT_EQ(found.seq, 17);
  EXPECT_EQ(found.ts_us, earliest_ts);
  EXPECT_EQ(found.instance, 2);
  EXPECT_EQ(found.source, 3);
  EXPECT_EQ(found.state, State::queued);
  EXPECT_EQ(found.accepted_ms, 6);
  EXPECT_EQ(found.accepted_us, 7);
  EXPECT_EQ(found.sha[0], std::byte{'s'});
  EXPECT_EQ(found.sha[31], std::byte{'s'});
  ASSERT_TRUE(found.content);
  EXPECT_EQ(found.content->at(31), std::byte{'c'});
  EXPECT_EQ(found.attempts, 10);
  EXPECT_EQ(found.due_ms, 11);
  EXPECT_FALSE(found.requeued);
  EXPECT_FALSE(found.may_have_arrived);
}

TEST(SalvageNotes, NoteOfAMessageWhatMayBeMissingOrOutOfRange) {
  EXPECT_FALSE(noted(with(waiting(1), 9, null())).content);
  EXPECT_EQ(noted(with(waiting(1), 11, null())).due_ms, std::nullopt);
  EXPECT_EQ(noted(with(waiting(1), 11, integer(-1))).due_ms, 0);
  EXPECT_EQ(noted(with(waiting(1), 11, integer(1))).due_ms, 1);
  EXPECT_EQ(noted(with(waiting(1), 6, integer(-1))).accepted_ms, 0);
  EXPECT_EQ(noted(with(waiting(1), 10, integer(-1))).attempts, 0);
  EXPECT_EQ(noted(with(waiting(1), 10, integer(std::int64_t{1} << 40))).attempts, 1 << 30);
  for (const int set : {1, 2}) {
    EXPECT_TRUE(noted(with(waiting(1), 12, integer(set))).requeued);
    EXPECT_FALSE(noted(with(waiting(1), 12, integer(set))).may_have_arrived);
    EXPECT_TRUE(noted(with(waiting(1), 13, integer(set))).may_have_arrived);
  }
}

TEST(SalvageNotes, ARowWithAValueOfAnotherKindIsNoMessage) {
  const RawValue of_kind[] = {
      null(), integer(1), {.kind = Kind::real, .bytes = sha}, text(sha), blob(sha)};
  for (std::size_t column = 0; column < 19; ++column) {
    const bool may_be_null = column == 9 || column == 11 || column >= 15;
    const Kind right = waiting(1).values[column].kind;
    for (const RawValue& value : of_kind) {
      const bool is_settling = column == 16 && value.kind == Kind::integer;
      const bool number_for_null = column >= 15 && column <= 17 && value.kind == Kind::integer;
      const bool null_for_value = may_be_null && column != 18 && value.kind == Kind::null;
      if (value.kind == right || is_settling || number_for_null || null_for_value) {
        continue;
      }
      EXPECT_FALSE(is_noted(with(waiting(1), column, value)))
          << "column " << column << ", kind " << static_cast<int>(value.kind);
    }
  }
  EXPECT_TRUE(is_noted(with(waiting(1), 15, integer(1))));
  EXPECT_TRUE(is_noted(with(waiting(1), 17, integer(1))));
  for (const std::string& other : {std::string(31, 's'), std::string(33, 's')}) {
    EXPECT_FALSE(is_noted(with(waiting(1), 8, blob(other))));
    EXPECT_FALSE(is_noted(with(waiting(1), 9, blob(other))));
  }
}

TEST(SalvageNotes, AMessageMayHaveColumnsOfALaterVersionButMissNone) {
  RawRow longer = waiting(1);
  longer.values.push_back(text("later"));
  EXPECT_TRUE(is_noted(longer));
  RawRow shorter = waiting(1);
  shorter.values.pop_back();
  EXPECT_FALSE(is_noted(shorter));
}

TEST(SalvageNotes, PositionTimeAndStateMustBePossible) {
  EXPECT_FALSE(is_noted(waiting(0)));
  EXPECT_TRUE(is_noted(waiting(1)));
  EXPECT_TRUE(is_noted(waiting(highest_seq - 1)));
  EXPECT_FALSE(is_noted(waiting(highest_seq)));
  EXPECT_FALSE(is_noted(with(waiting(1), 1, integer(earliest_ts - 1))));
  EXPECT_TRUE(is_noted(with(waiting(1), 1, integer(latest_ts - 1))));
  EXPECT_FALSE(is_noted(with(waiting(1), 1, integer(latest_ts))));
  for (const bool has_end : {false, true}) {
    for (const int state : {-1, 9}) {
      EXPECT_FALSE(is_noted(in_state(state, has_end))) << state;
    }
    for (int state = 0; state <= 8; ++state) {
      EXPECT_EQ(is_noted(in_state(state, has_end)), has_end == (state >= 2)) << state;
    }
  }
}

TEST(SalvageNotes, OfAFewRowsThatClaimAPositionTheSettledOnesComeFirst) {
  Notes notes;
  for (int i = 0; i < 9; ++i) {
    notes.take(waiting(1));
  }
  notes.take(in_state(5, true));
  notes.take(in_state(1, false));
  notes.sort();
  const auto claims = notes.claiming(1);
  ASSERT_EQ(claims.size(), 8U);
  EXPECT_EQ(claims[0].state, State::superseded);
  EXPECT_EQ(claims[1].state, State::held);
  EXPECT_EQ(claims[2].state, State::queued);
}

// A row of the ledger that balances; every column has a value of its own.
RawRow ledger_row() {
  RawRow row{1, {null()}};
  for (std::int64_t i = 1; i <= 24; ++i) {
    row.values.push_back(integer(i));
  }
  row.values[1] = integer(3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 - 2);  // accepted; 2: requeued
  row.values.push_back(text("boot"));
  return row;
}

std::optional<Books> books_of(const RawRow& row) {
  Notes notes;
  notes.take(row);
  return notes.books();
}

TEST(SalvageNotes, TheLedgerAndItsClockAreRead) {
  Notes notes;
  EXPECT_FALSE(notes.books());
  notes.take(ledger_row());
  ASSERT_TRUE(notes.books());
  EXPECT_EQ(notes.books()->ledger.queued, 3);
  EXPECT_EQ(notes.books()->ledger.conflicts, 13);
  EXPECT_EQ(notes.books()->newest, 14);
  EXPECT_EQ(notes.books()->bodies_gone_seq, 22);
  EXPECT_EQ(notes.clock().observed_ms, 23);
  EXPECT_EQ(notes.clock().since_boot_ms, 24);
  EXPECT_STREQ(notes.clock().boot_id, "boot");
}

TEST(SalvageNotes, ALedgerThatCannotBeRightIsNotBelieved) {
  for (std::size_t column = 12; column <= 24; ++column) {  // outside the balance
    EXPECT_TRUE(books_of(with(ledger_row(), column, integer(0)))) << column;
    EXPECT_FALSE(books_of(with(ledger_row(), column, integer(-1)))) << column;
    EXPECT_FALSE(books_of(with(ledger_row(), column, text("1")))) << column;
  }
  for (std::size_t column = 1; column <= 11; ++column) {
    EXPECT_FALSE(books_of(with(ledger_row(), column, integer(100)))) << "it does not balance";
    EXPECT_FALSE(books_of(with(ledger_row(), column, null()))) << column;
  }
  const std::int64_t most = std::int64_t{1} << 60;
  EXPECT_TRUE(books_of(with(ledger_row(), 12, integer(most - 1))));
  EXPECT_FALSE(books_of(with(ledger_row(), 12, integer(most))));
  EXPECT_TRUE(books_of(with(ledger_row(), 14, integer(highest_seq - 1))));
  EXPECT_FALSE(books_of(with(ledger_row(), 14, integer(highest_seq))));
  const std::string id(37, 'b');
  EXPECT_TRUE(books_of(with(ledger_row(), 25, text(id.substr(1)))));
  EXPECT_FALSE(books_of(with(ledger_row(), 25, text(id))));
  EXPECT_FALSE(books_of(with(ledger_row(), 25, integer(25))));
  RawRow second = ledger_row();
  second.rowid = 2;
  EXPECT_FALSE(books_of(second));
  RawRow longer = ledger_row();
  longer.values.push_back(text("later"));
  EXPECT_TRUE(books_of(longer));
  RawRow shorter = ledger_row();
  shorter.values.pop_back();
  EXPECT_FALSE(books_of(shorter));
  RawRow negative = ledger_row();  // and balances
  negative.values[3] = integer(-1);
  negative.values[4] = integer(3 + 4 + 1);
  EXPECT_FALSE(books_of(negative));
}

TEST(SalvageNotes, OfTwoLedgersTheNewerOneCountsWithItsClock) {
  const std::string long_id(36, 'l');
  const RawRow older = with(with(ledger_row(), 14, integer(9)), 25, text(long_id));
  RawRow newer = with(with(ledger_row(), 14, integer(10)), 23, integer(230));
  for (const auto& rows : {std::vector{older, newer}, {newer, older}}) {
    Notes notes;
    for (const RawRow& row : rows) {
      notes.take(row);
    }
    EXPECT_EQ(notes.books()->newest, 10);
    EXPECT_EQ(notes.clock().observed_ms, 230);
    EXPECT_STREQ(notes.clock().boot_id, "boot");
  }
  Notes notes;  // of two that are equally new, the first
  notes.take(newer);
  notes.take(with(newer, 23, integer(231)));
  EXPECT_EQ(notes.clock().observed_ms, 230);
}

TEST(SalvageNotes, NamesComeFromTablesAndTheirIndexesAlike) {
  Notes notes;
  const std::string id = instance('a');
  notes.take_pair_of(7, null(), text(id));
  notes.take_pair_of(std::nullopt, text(instance('b')), integer(8));
  notes.take_pair_of(7, null(), text("/etc/one.yaml"));
  notes.take_pair_of(std::nullopt, text("/etc/two.yaml"), integer(8));
  notes.take_pair_of(std::nullopt, text("/etc/first.yaml"), integer(1));
  notes.take_pair_of(1, null(), text(instance('c')));
  notes.add_instance(8, instance('d'));
  EXPECT_EQ(notes.instances(7), std::vector{id});
  EXPECT_EQ(notes.instances(8), (std::vector{instance('b'), instance('d')}));
  EXPECT_EQ(notes.instances(1), std::vector{instance('c')});
  EXPECT_EQ(notes.sources(7), std::vector<std::string>{"/etc/one.yaml"});
  EXPECT_EQ(notes.sources(8), std::vector<std::string>{"/etc/two.yaml"});
  EXPECT_EQ(notes.sources(1), std::vector<std::string>{"/etc/first.yaml"});
}

TEST(SalvageNotes, WhatIsNoNameIsNotTakenForOne) {
  Notes notes;
  notes.take_pair_of(0, null(), text("zero"));
  notes.take_pair_of(-1, null(), text("negative"));
  notes.take_pair_of(2, null(), text("{\"a\":\"body\"}"));
  notes.take_pair_of(3, null(), blob("blob"));
  notes.take_pair_of(4, text("a"), text("pair"));
  notes.take({5, {null(), text("three"), null()}});
  notes.take_pair_of(std::nullopt, text("min_reader_version"), integer(1));
  notes.take_pair_of(std::nullopt, text("zero"), integer(0));
  notes.take_pair_of(std::nullopt, blob("blob"), integer(2));
  notes.take_pair_of(std::nullopt, text("blob"), blob("2"));
  notes.take({std::nullopt, {text("three"), integer(3), integer(3)}});
  EXPECT_EQ(notes.database().number("SELECT count(*) FROM source"), 0);
  EXPECT_EQ(notes.database().number("SELECT count(*) FROM instance"), 0);
  EXPECT_EQ(notes.database().number("SELECT count(*) FROM state"), 0);
}

TEST(SalvageNotes, KeptValuesAndKeysAreNoted) {
  Notes notes;
  notes.take_pair_of(std::nullopt, text("pause"), text("1"));
  EXPECT_EQ(notes.database().number("SELECT value FROM state WHERE name = 'pause'"), 1);
  const RawRow key{std::nullopt, {integer(earliest_ts), integer(2), blob(sha)}};
  const auto keys = [](const RawRow& row) {
    Notes other;
    other.take(row);
    return other.database().number("SELECT count(*) FROM settled_key WHERE instance = 2");
  };
  EXPECT_EQ(keys(key), 1);
  EXPECT_EQ(keys(with(key, 0, integer(earliest_ts - 1))), 0);
  EXPECT_EQ(keys(with(key, 0, text("1"))), 0);
  EXPECT_EQ(keys(with(key, 1, text("2"))), 0);
  EXPECT_EQ(keys(with(key, 2, text(sha))), 0);
  EXPECT_EQ(keys({std::nullopt, {integer(earliest_ts), integer(2), blob(sha), null()}}), 0);
  EXPECT_EQ(keys({1, key.values}), 0);
}

TEST(SalvageNotes, AWithdrawalMarksWhatWaitsOfItsSourceUpToItsPlace) {
  Notes notes;
  for (Seq seq = 1; seq <= 3; ++seq) {
    notes.take(waiting(seq));
  }
  notes.take(with(in_state(2, true), 3, integer(3)));
  notes.take_pair_of(3, null(), integer(2));
  notes.sort();
  EXPECT_TRUE(notes.is_withdrawn(2, 3));
  EXPECT_FALSE(notes.is_withdrawn(3, 3));
  EXPECT_FALSE(notes.is_withdrawn(2, 4));
  EXPECT_FALSE(notes.is_withdrawn(2, -1));
  EXPECT_EQ(notes.database().number("SELECT sum(seq) FROM message WHERE withdrawn"), 3);
  EXPECT_EQ(notes.database().number("SELECT count(*) FROM message WHERE withdrawn"), 2);
}

TEST(SalvageNotes, AWithdrawalMayBeOfAllSourcesButOfNothingElse) {
  Notes notes;
  notes.take_pair_of(-2, null(), integer(5));
  notes.take_pair_of(3, null(), integer(0));
  notes.take_pair_of(3, null(), integer(highest_seq));
  EXPECT_FALSE(notes.is_withdrawn(1, 3));
  notes.take_pair_of(-1, null(), integer(5));
  notes.take_pair_of(0, null(), integer(6));
  EXPECT_TRUE(notes.is_withdrawn(5, 9));
  EXPECT_FALSE(notes.is_withdrawn(6, 9));
  EXPECT_TRUE(notes.is_withdrawn(6, 0));
  for (int n = 0; n < 4093; ++n) {
    notes.take_pair_of(100, null(), integer(7));
  }
  notes.take_pair_of(101, null(), integer(7));
  EXPECT_TRUE(notes.is_withdrawn(7, 101));
  notes.take_pair_of(102, null(), integer(7));
  EXPECT_FALSE(notes.is_withdrawn(7, 102)) << "so many are no marks";
}

TEST(SalvageNotes, WhenTheMarkOfAWithdrawalIsGoneEverythingCountsAsMarked) {
  for (const int left : {0, 1}) {
    Notes notes;
    notes.take(with(ledger_row(), 16, integer(left)));
    notes.sort();
    EXPECT_EQ(notes.is_withdrawn(highest_seq - 1, 12345), left > 0);
  }
  Notes marked;
  marked.take(ledger_row());
  marked.take_pair_of(3, null(), integer(2));
  marked.sort();
  EXPECT_FALSE(marked.is_withdrawn(3, 3)) << "what is marked is known";
}

TEST(SalvageNotes, ABodyIsAnObjectUnderItsPosition) {
  const auto is_body = [](std::optional<std::int64_t> rowid, RawValue first, RawValue second) {
    return body_of({rowid, {first, second}}).has_value();
  };
  const RawRow row{5, {null(), text("{}")}};
  EXPECT_EQ(body_of(row)->seq, 5);
  EXPECT_EQ(body_of(row)->json, "{}");
  EXPECT_FALSE(is_body(std::nullopt, null(), text("{}")));
  EXPECT_FALSE(is_body(0, null(), text("{}")));
  EXPECT_FALSE(is_body(highest_seq, null(), text("{}")));
  EXPECT_FALSE(is_body(5, integer(5), text("{}")));
  EXPECT_FALSE(is_body(5, null(), blob("{}")));
  EXPECT_FALSE(is_body(5, null(), text("[]")));
  EXPECT_FALSE(is_body(5, null(), text("")));
  EXPECT_FALSE(body_of({5, {null(), text("{}"), null()}}));
  EXPECT_FALSE(body_of({5, {null()}}));
}

}  // namespace
}  // namespace reporterd
