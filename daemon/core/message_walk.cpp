#include "daemon/core/message_walk.h"

#include <algorithm>
#include <utility>

#include "daemon/core/message.h"

namespace reporterd {

namespace ondemand = simdjson::ondemand;

template <class Visit>
bool MessageWalk::each_field(Object object, Visit visit) {
  const std::size_t place = path_size_++;
  for (auto result : object) {
    ondemand::field field;
    if (std::move(result).get(field) != simdjson::SUCCESS) {
      return malformed();
    }
    path_[place] = raw_text(field.key());
    if (!visit(path_[place], field.value())) {
      return false;
    }
  }
  --path_size_;
  return true;
}

template <class Visit>
bool MessageWalk::known_fields(Object object, KnownNames& known, std::size_t count, Visit visit) {
  return each_field(object, [&](std::string_view name, Value value) {
    const std::size_t at = known.find(name);
    if (at == count) {
      return refuse("is not a documented field; see docs/privacy.md");
    }
    if (!known.mark(at)) {
      return refuse("is there twice");
    }
    return visit(at, value);
  });
}

bool MessageWalk::message() {
  static constexpr std::array<std::string_view, 2> names = {"ts", "data"};
  ondemand::json_type type{};
  if (document_.type().get(type) != simdjson::SUCCESS) {
    return malformed();
  }
  if (type != ondemand::json_type::object) {
    return refuse("must be a JSON object");
  }
  Object root;
  if (document_.get_object().get(root) != simdjson::SUCCESS) {
    return malformed();
  }
  KnownNames known(names);
  const bool good = known_fields(root, known, names.size(), [&](std::size_t at, Value value) {
    return at == 0 ? as_text(value, found_.ts.emplace()) : data(value);
  });
  if (!good) {
    return false;
  }
  const char* behind = nullptr;
  if (document_.current_location().get(behind) != simdjson::OUT_OF_BOUNDS) {
    return malformed();
  }
  return known.has(1) || missing("data");
}

bool MessageWalk::data(Value value) {
  static constexpr std::array<std::string_view, 4> names = {"service", "serviceVersion", "system",
                                                            "enabledFeatures"};
  Object object;
  KnownNames known(names);
  const auto visit = [&](std::size_t at, Value field) {
    switch (at) {
      case 0:
        return matching(field, is_service_name, "1 to 32 of a-z, 0-9 and -, a letter first");
      case 1:
        return matching(field, is_version, "1 to 64 of A-Z, a-z, 0-9 and . _ + -");
      case 2:
        return system(field);
      default:
        return enabled_features(field);
    }
  };
  if (!as_object(value, object) || !known_fields(object, known, names.size(), visit)) {
    return false;
  }
  for (std::size_t at = 0; at < names.size(); ++at) {
    if (!known.has(at)) {
      return missing(names[at]);
    }
  }
  return true;
}

bool MessageWalk::system(Value value) {
  static constexpr std::array<std::string_view, 8> names = {
      "id", "arch", "platform", "release", "distro", "codename", "virtual", "nodeVersion"};
  enum Field : std::size_t { id_field, arch, platform, release, distro, codename, is_virtual };
  found_.system_at = static_cast<std::size_t>(value.raw_json_token().data() - text_.data());
  found_.system_is_empty = true;
  Object object;
  KnownNames known(names);
  const auto visit = [&](std::size_t at, Value field) {
    found_.system_is_empty = false;
    switch (at) {
      case id_field:
        return as_text(field, found_.id.emplace()) &&
               (is_instance_id(*found_.id) || refuse("must be 64 lower-case hex digits"));
      case arch:
      case platform:
        return matching(field, is_system_word, "1 to 32 of A-Z, a-z, 0-9 and _");
      case release:
      case distro:
      case codename:
        return system_text(field);
      case is_virtual:
        return field.get_bool().error() == simdjson::SUCCESS || refuse("must be true or false");
      default:
        return matching(field, is_version, "1 to 64 of A-Z, a-z, 0-9 and . _ + -");
    }
  };
  return as_object(value, object) && known_fields(object, known, names.size(), visit);
}

bool MessageWalk::system_text(Value value) {
  std::string_view text;
  if (!as_text(value, text)) {
    return false;
  }
  found_.spaces += static_cast<std::size_t>(std::ranges::count(text, ' '));
  return is_system_text(text) ||
         refuse("must be at most 128 of A-Z, a-z, 0-9, space and . _ + , : ( ) / ~ -");
}

bool MessageWalk::enabled_features(Value value) {
  static constexpr std::array<std::string_view, 2> names = {"api", "feature"};
  Object object;
  KnownNames known(names);
  return as_object(value, object) &&
         known_fields(object, known, names.size(), [&](std::size_t at, Value field) {
           return at == 0 ? api(field, 0) : features(field);
         });
}

bool MessageWalk::features(Value value) {
  Object object;
  KnownNames known(feature_names());
  return as_object(value, object) &&
         known_fields(object, known, feature_names().size(),
                      [&](std::size_t, Value field) { return setting(field); });
}

bool MessageWalk::api(Value value, std::size_t depth) {
  Object object;
  if (!as_object(value, object)) {
    return false;
  }
  if (depth > most_api_depth) {
    return refuse("is nested deeper than 8 objects");
  }
  const std::size_t names = free_names_.open();
  const bool good = each_field(object, [&](std::string_view name, Value field) {
    if (!is_api_name(name)) {
      return refuse("is not a name of 1 to 64 of A-Z, a-z, 0-9 and _, a letter first");
    }
    if (free_names_.count(names) == most_names_in_object) {
      return refuse("is one name too many: 512 is the most in one object");
    }
    if (!free_names_.add(names, name)) {
      return refuse("is there twice");
    }
    ondemand::json_type type{};
    if (field.type().get(type) != simdjson::SUCCESS) {
      return malformed();
    }
    return type == ondemand::json_type::object ? api(field, depth + 1) : setting(field);
  });
  free_names_.close(names);
  return good;
}

}  // namespace reporterd
