// Two readings of the same rules, held together: reporterd's check in one pass over the bytes, and
// the JSON Schema read by another parser and another validator.

#include "collector/message_schema.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/message.h"
#include "daemon/core/timestamp.h"
#include "daemon/path.h"

namespace reporterd {
namespace {

using Corpus = std::map<std::string, std::string>;  // name -> bytes

const WallTime now = *parse_ts("2026-03-04T00:00:00.000001Z");

Corpus read_corpus(const std::string& folder) {
  Corpus corpus;
  for (const auto& entry :
       std::filesystem::directory_iterator(SOURCE_DIR "/tests/corpus/messages/" + folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    corpus[name_of(entry.path().stem())] = {std::istreambuf_iterator<char>(in), {}};
  }
  return corpus;
}

// Files that only the check refuses, and why a schema cannot.
const std::set<std::string> beyond_a_schema = {
    "escaped-name",             // a schema sees what a name means, not how it is written
    "escaped-text",             // the same
    "escaped-ts",               // the same
    "number-of-33-characters",  // a schema sees the value
    "ts-before-2015",           // moves with the clock at its other end: now + 48 h
};

// The same, for a message made by chance: whether the check's error is one of those reasons.
bool is_beyond_a_schema(const std::string& json, const Error& error) {
  return error.what.find("more than 32 characters") != std::string::npos ||
         error.what.starts_with("ts: must lie") || json.find('\\') != std::string::npos;
}

class Mutator {
 public:
  Mutator(const Corpus& corpus, std::uint64_t seed) : random_(seed) {
    for (const auto& [name, json] : corpus) {
      if (!json.empty() && json.size() < 4096) {
        originals_.push_back(json);
      }
    }
  }

  std::string next() {
    std::string json = originals_[below(originals_.size())];
    for (std::size_t changes = below(3) + 1; changes > 0; --changes) {
      change(json);
    }
    return json;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void change(std::string& json) {
    static const std::string nul(1, '\0');
    static const std::vector<std::string> pieces = {
        "\"",       "{",       "}",    "[",        "]",       ",",    ":",
        "\\",       "1",       "e",    "-",        ".",       " ",    "\n",
        "\t",       "_",       "a",    "Z",        "0",       "+",    "/",
        "\x7f",     nul,       "\xff", "\xc3\xa4", "true",    "null", "\"yes\"",
        "\"a\":1,", "\"ts\":", "{}",   "1e999",    "\"id\":", "\f",   "\xEF\xBB\xBF"};
    const std::size_t at = below(json.size());
    const std::size_t size = below(std::min<std::size_t>(json.size() - at, 40));
    switch (below(6)) {
      case 0:
        json.insert(at, pieces[below(pieces.size())]);
        break;
      case 1:
        json.erase(at, below(4) + 1);
        break;
      case 2:
        json.erase(at, size);
        break;
      case 3:
        json.insert(below(json.size()), json.substr(at, size));
        break;
      case 4:
        if (!json.empty()) {
          json[at] = static_cast<char>(random_());
        }
        break;
      default: {
        const std::string& other = originals_[below(originals_.size())];
        json.replace(at, size, other.substr(below(other.size()), below(40)));
      }
    }
  }

  std::mt19937_64 random_;
  std::vector<std::string> originals_;
};

std::string verdict(const auto& result) {
  return result ? "accepted" : "refused: " + result.error().what;
}

}  // namespace

TEST(MessageSchema, TheCorpusOfGoodMessagesPassesBothAndGivesTheSameKey) {
  const MessageSchema schema;
  MessageCheck check{MessageLimits{}};
  const Corpus corpus = read_corpus("valid");
  EXPECT_GE(corpus.size(), 40U);
  for (const auto& [name, json] : corpus) {
    const auto checked = check.check(json, {}, now);
    const auto judged = schema.judge(json);
    ASSERT_TRUE(checked.has_value()) << name << ": " << checked.error().what;
    ASSERT_TRUE(judged.has_value()) << name << ": " << judged.error().what;
    EXPECT_EQ(checked->key, *judged) << name;
    EXPECT_EQ(check.check(checked->body, {}, now)->body, checked->body) << name;
  }
}

TEST(MessageSchema, TheCorpusOfBadMessagesIsRefusedByBoth) {
  const MessageSchema schema;
  MessageCheck check{MessageLimits{}};
  const Corpus corpus = read_corpus("invalid");
  EXPECT_GE(corpus.size(), 100U);
  for (const auto& name : beyond_a_schema) {
    EXPECT_TRUE(corpus.contains(name)) << name;
  }
  for (const auto& [name, json] : corpus) {
    EXPECT_FALSE(check.check(json, {}, now).has_value()) << name;
    EXPECT_EQ(schema.judge(json).has_value(), beyond_a_schema.contains(name)) << name;
  }
}

TEST(MessageSchema, CheckAndSchemaAgreeOnMessagesMadeByChance) {
  constexpr std::uint64_t seed = 20210303;
  const char* wanted = std::getenv("REPORTERD_FUZZ_TRIES");  // for a long run
  const int tries = wanted != nullptr ? std::stoi(wanted) : 10'000;
  const MessageSchema schema;
  MessageCheck check{MessageLimits{}};
  Mutator mutator(read_corpus("valid"), seed);
  int accepted = 0;
  for (int i = 0; i < tries; ++i) {
    const std::string json = mutator.next();
    const auto checked = check.check(json, {}, now);
    const auto judged = schema.judge(json);
    if (checked && checked->key.ts == now) {
      continue;  // ts was filled in, which is for the check only
    }
    const bool agree = checked.has_value() == judged.has_value() ||
                       (judged && is_beyond_a_schema(json, checked.error()));
    ASSERT_TRUE(agree) << "seed " << seed << ", try " << i << ": check " << verdict(checked)
                       << "; schema " << verdict(judged) << "\n"
                       << json;
    if (checked && judged) {
      ASSERT_EQ(checked->key, *judged) << json;
      ++accepted;
    }
  }
  EXPECT_GT(accepted, tries / 50) << "too few stay valid for the comparison to mean much";
}

TEST(MessageSchema, ProblemsNameThePlaceAndNoValue) {
  const MessageSchema schema;
  const auto problem = schema.judge(R"({"ts":"secret","data":{}})");
  ASSERT_FALSE(problem.has_value());
  EXPECT_EQ(problem.error().what.find("secret"), std::string::npos);
}

}  // namespace reporterd
