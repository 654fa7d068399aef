#include "ctl/commands.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ctl/verbs.h"

namespace reporterd::ctl {
namespace {

using Kind = Option::Kind;

constexpr std::array common_option_table = {
    Option{"--socket", Kind::value, "FILE", "the service's socket"},
    Option{"--patience", Kind::value, "S",
           "give up on a silent service after S: seconds, or a time such as 5m (5)"},
    Option{"--json", Kind::flag, "", "print JSON: the stable interface for programs"}};

constexpr std::array flush_options = {
    Option{"--wait", Kind::flag, "", "wait until all that is queued now is settled"},
    Option{"--timeout", Kind::value, "S",
           "with --wait: give up after S: seconds, or a time such as 5m (60; at most 1d)"},
    Option{"--force", Kind::flag, "", "do not respect the destination's own Retry-After"}};

constexpr std::array submit_options = {
    Option{"FILE", Kind::required_operand, "",
           "a JSON document, or JSON Lines (a message a line); - is standard input"}};

constexpr std::array report_options = {
    Option{"BUTLER", Kind::operand, "", "its number as `preview` shows it; all when not given"}};

constexpr std::array offline_options = {
    Option{"--config", Kind::value, "FILE",
           "do it without the service, with this configuration file"},
    Option{"--state-dir", Kind::value, "DIR", "with --config: where the service keeps its ids"}};

constexpr std::array queue_list_options = {
    Option{"--state", Kind::value, "STATE", "only queued or held ones", "queued held"},
    Option{"--after", Kind::value, "SEQ", "only those after this one"},
    Option{"--limit", Kind::value, "N", "at most N (50; up to 1000)"}};

constexpr std::array history_list_options = {
    Option{"--state", Kind::value, "STATE", "only delivered, rejected, expired, ... ones",
           "delivered rejected expired superseded withdrawn deleted lost"},
    Option{"--before", Kind::value, "SEQ", "only those before this one"},
    Option{"--limit", Kind::value, "N", "at most N (50; up to 1000)"}};

constexpr std::array show_options = {
    Option{"SEQ", Kind::required_operand, "", "the message's number as `list` shows it"}};

constexpr std::array delete_options = {
    Option{"SEQ", Kind::operands, "", "the messages' numbers"},
    Option{"--all", Kind::flag, "", "all queued and held messages"}};

constexpr std::array requeue_options = {
    Option{"SEQ", Kind::operands, "", "the messages' numbers"},
    Option{"--all", Kind::flag, "", "all rejected and expired messages"}};

constexpr std::array pause_options = {
    Option{"DURATION", Kind::operand, "",
           "30s, 5m, 12h, 90d, at most 3650d; until `resume` when not given"}};

constexpr std::array config_check_options = {Option{
    "FILE", Kind::operand, "", "this file, without the service; the service's own when not given"}};

constexpr std::array doctor_options = {
    Option{"--config", Kind::value, "FILE",
           "look without the service, with this configuration file"},
    Option{"--state-dir", Kind::value, "DIR", "where the service keeps its outbox"},
    Option{"--repair", Kind::flag, "",
           "with the service down: salvage a damaged outbox, close files to other users"}};

constexpr std::array support_bundle_options = {
    Option{"FILE", Kind::required_operand, "", "a new file; - is standard output"},
    Option{"--config", Kind::value, "FILE",
           "look without the service, with this configuration file"},
    Option{"--state-dir", Kind::value, "DIR", "where the service keeps its outbox"}};

constexpr std::array completion_options = {
    Option{"SHELL", Kind::required_operand, "", "bash, zsh or fish", "bash zsh fish"}};

constexpr std::array command_table = {
    Command{"status", "Show how the service is and what it waits for", {}, status},
    Command{"flush", "Deliver now what is queued", flush_options, flush},
    Command{"submit", "Hand in messages", submit_options, submit},
    Command{"report", "Make a report now", report_options, report},
    Command{"preview", "Show what would be reported, and what is withheld", offline_options,
            preview},
    Command{"queue list", "List the messages that wait", queue_list_options, queue_list},
    Command{"queue show", "Show one message that waits", show_options, queue_show},
    Command{"queue delete", "Delete messages that wait", delete_options, queue_delete},
    Command{"queue requeue", "Queue settled messages again", requeue_options, queue_requeue},
    Command{"history list", "List the messages that are settled", history_list_options,
            history_list},
    Command{"history show", "Show one message that is settled", show_options, history_show},
    Command{"pause", "Stop sending; collecting goes on", pause_options, pause},
    Command{"resume", "Go on sending", {}, resume},
    Command{"consent show", "Show whether telemetry is on, and who decided", {}, consent_show},
    Command{"id show", "Show this installation's anonymous id", offline_options, id_show},
    Command{"config check", "Check a configuration file", config_check_options, config_check},
    Command{"config show", "Show the configuration in force", {}, config_show},
    Command{"config reload", "Read the configuration file again", {}, config_reload},
    Command{"doctor", "Find out what is wrong, and what to do", doctor_options, doctor},
    Command{"support-bundle", "Write down for a helper how all is, without any message",
            support_bundle_options, support_bundle},
    Command{"completion", "Print the completions for a shell", completion_options, completion},
};

}  // namespace

std::optional<std::string> Arguments::value(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) {
    return std::nullopt;
  }
  return found->second.back();
}

std::vector<std::string> Arguments::values(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

void Arguments::set(std::string name, std::vector<std::string> values) {
  values_[std::move(name)] = std::move(values);
}

std::span<const Command> commands() {
  return command_table;
}

std::span<const Option> common_options() {
  return common_option_table;
}

std::string_view group_help(std::string_view group) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> groups = {
      {{"queue", "Messages that wait"},
       {"history", "Messages that are settled"},
       {"consent", "Whether telemetry is on"},
       {"id", "The anonymous id"},
       {"config", "The configuration"}}};
  const auto* const found = std::find_if(groups.begin(), groups.end(),
                                         [&](const auto& each) { return each.first == group; });
  return found == groups.end() ? std::string_view() : found->second;
}

}  // namespace reporterd::ctl
