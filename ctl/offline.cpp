#include "ctl/offline.h"

namespace reporterd::ctl {

Result<nlohmann::ordered_json> offline_preview(const std::string& config_file) {
  return fail(ErrorCode::not_possible,
              "this build cannot preview " + config_file + " by itself; ask the running service");
}

Result<nlohmann::ordered_json> offline_id(const std::string& config_file) {
  return fail(ErrorCode::not_possible, "this build cannot make the id for " + config_file +
                                           " by itself; ask the running service");
}

Result<nlohmann::ordered_json> offline_config_check(const std::string& config_file) {
  return fail(ErrorCode::not_possible,
              "this build cannot check " + config_file + " by itself; ask the running service");
}

}  // namespace reporterd::ctl
