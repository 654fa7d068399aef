#include "daemon/config_yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <simdjson.h>
#include <algorithm>
#include <cstddef>
#include <istream>
#include <sstream>
#include <utility>

#include "daemon/core/unicode.h"

namespace reporterd {
namespace {

constexpr std::size_t max_depth = 8;  // the file itself needs four
constexpr std::size_t max_children = 1000;

constexpr const char* allowed_file = "one YAML map of sections, as in docs/reporterd.yaml";

constexpr const char* allowed_values = "plain values, each written out";

// What the builder throws out of the parser; read_yaml catches it.
struct Refused {
  ConfigProblem problem;
};

// Builds the tree from the parser's events. Throws Refused.
class TreeBuilder : public YAML::EventHandler {
 public:
  YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    if (awaits_key()) {
      throw refused(mark, "a key is missing before the colon");
    }
    YamlNode node;
    // The mark of nothing is that of whatever follows, or no mark at all.
    node.line = open_.empty() ? 1 : open_.back().node.line;
    add(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    throw refused(mark, "aliases (*name) are not used here");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (!simdjson::validate_utf8(value)) {  // yaml-cpp makes one byte of each of the two
      throw refused(mark, "the escapes \\N and \\_ are not used here");
    }
    if (awaits_key()) {
      take_key(mark, value);
      return;
    }
    YamlNode node;
    node.kind = YamlNode::Kind::scalar;
    node.line = mark.line + 1;
    node.text = value;
    node.quoted = tag == "!";
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(YamlNode::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(YamlNode::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  // A list or map whose end is still to come.
  struct Open {
    YamlNode node;
    std::string key;
    int key_line = 0;
    bool has_key = false;
  };

  static Refused refused(const YAML::Mark& mark, const char* what) {
    return Refused({mark.line + 1, "", what, allowed_values});
  }
  static void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) {
      throw refused(mark, "anchors (&name) are not used here");
    }
  }
  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw refused(mark, "tags (!name) are not used here");
    }
  }

  bool awaits_key() const {
    return !open_.empty() && open_.back().node.kind == YamlNode::Kind::map && !open_.back().has_key;
  }

  // "section.name"
  std::string path_to(const std::string& name) const {
    std::string path;
    for (const Open& open : open_) {
      path += open.has_key ? open.key + "." : "";
    }
    return path + name;
  }

  void take_key(const YAML::Mark& mark, const std::string& name) {
    Open& map = open_.back();
    const auto same = [&name](const YamlNode& child) { return child.name == name; };
    if (std::any_of(map.node.children.begin(), map.node.children.end(), same)) {
      throw Refused({mark.line + 1, path_to(name), "is there twice", "each key once"});
    }
    map.key = name;
    map.key_line = mark.line + 1;
    map.has_key = true;
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (open_.size() >= max_depth) {
      throw refused(mark, "nested too deeply");
    }
    if (awaits_key()) {
      throw refused(mark, "a list or map cannot be a key");
    }
    Open next;
    next.node.kind = kind;
    next.node.line = mark.line + 1;
    open_.push_back(std::move(next));
  }

  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::map) {
      node.name = std::move(parent.key);
      node.line = parent.key_line;
      parent.has_key = false;
    }
    if (parent.node.children.size() >= max_children) {
      throw Refused({node.line, "", "too many entries", fmt::format("at most {}", max_children)});
    }
    parent.node.children.push_back(std::move(node));
  }

  YamlNode root_;
  std::vector<Open> open_;
};

bool is_forbidden_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

std::expected<void, ConfigProblem> check_bytes(std::size_t file_bytes, std::string_view text) {
  if (file_bytes > max_config_bytes) {
    return std::unexpected(ConfigProblem{1, "", "the file is too large", "at most 1MiB"});
  }
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return std::unexpected(ConfigProblem{1, "", "the file is not UTF-8",
                                         "text saved as UTF-8, or as UTF-16 with its mark"});
  }
  const auto bad = std::find_if(text.begin(), text.end(), is_forbidden_control);
  if (bad != text.end()) {
    const auto line = 1 + std::count(text.begin(), bad, '\n');
    return std::unexpected(ConfigProblem{static_cast<int>(line), "",
                                         "a control character stands in the text",
                                         "printable text, tabs and line ends"});
  }
  return {};
}

}  // namespace

std::expected<YamlNode, ConfigProblem> read_yaml(std::string_view bytes) {
  std::string text = utf8_of_file(bytes.substr(0, max_config_bytes + 1));
  if (auto checked = check_bytes(bytes.size(), text); !checked) {
    return std::unexpected(checked.error());
  }
  try {
    std::istringstream stream(std::move(text));
    YAML::Parser parser(stream);
    TreeBuilder builder;
    parser.HandleNextDocument(builder);
    YamlNode root = builder.take_root();
    TreeBuilder rest;
    if (parser.HandleNextDocument(rest)) {
      return std::unexpected(ConfigProblem{std::max(1, rest.take_root().line), "",
                                           "a second YAML document starts here", "one document"});
    }
    return root;
  } catch (const Refused& refused) {
    return std::unexpected(refused.problem);
  } catch (const YAML::Exception& e) {
    std::string what = e.msg;  // it may end in half a character: the parser goes byte by byte
    std::ranges::replace_if(
        what, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
    return std::unexpected(ConfigProblem{std::max(1, e.mark.line + 1), "", what, allowed_file});
  }
}

}  // namespace reporterd
