#pragma once
// The only place where real things are made and joined: clock, outbox, writer thread, network,
// sockets, Butlers. Also what the local protocol asks for (Service). Loop thread only.

#include <spdlog/logger.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/app_settings.h"
#include "daemon/butlers.h"
#include "daemon/config.h"
#include "daemon/control/request_reader.h"
#include "daemon/control/service.h"
#include "daemon/core/engine.h"
#include "daemon/io/clock_watch.h"
#include "daemon/io/curl_transport.h"
#include "daemon/io/file_watch.h"
#include "daemon/io/flight_file.h"
#include "daemon/io/heartbeat.h"
#include "daemon/io/local_server.h"
#include "daemon/io/loop.h"
#include "daemon/io/network_watch.h"
#include "daemon/io/service_manager.h"
#include "daemon/io/signals.h"
#include "daemon/io/system_clock.h"
#include "daemon/io/system_entropy.h"
#include "daemon/io/wake_timer.h"
#include "daemon/io/writer_thread.h"
#include "store/examination.h"

namespace reporterd {

class SqliteOutbox;

struct AppOptions {
  std::string config_file;
  std::string state_dir;
  std::string socket_dir;
  std::string log_file = {};                 // while the configuration names none; "": stderr
  std::vector<spdlog::sink_ptr> sinks = {};  // get all log lines besides
};

class App final : public Service {
 public:
  // Opens the outbox, starts everything, listens. Errors: config, locked, newer_version, io, ...
  // `manager` must outlive it.
  static Result<std::unique_ptr<App>> start(const AppOptions& options, Config config,
                                            const ServiceManager& manager);
  ~App() override;

  // Serves until a signal ends it; then cancels what is out, commits what is posted and closes the
  // outbox. At most about three seconds after the signal.
  void run();

  Now now() const override { return clock_.now(); }
  StatusReport status() override;
  void submit(std::string_view message_json, Answer<Submitted> answer) override;
  void report(std::optional<std::size_t> butler, Answer<std::vector<MadeReport>> answer) override;
  void preview(Answer<Preview> answer) override;
  void flush(const FlushRequest& request, Answer<FlushResult> answer) override;
  void pause(std::optional<Millis> length, Answer<Paused> answer) override;
  void resume(Answer<void> answer) override;
  void list(const Listing& listing, Answer<std::vector<Row>> answer) override;
  void show(Seq seq, Answer<ShownMessage> answer) override;
  void remove(Selection which, Answer<ChangeResult> answer) override;
  void requeue(Selection which, Answer<ChangeResult> answer) override;
  void id_show(Answer<IdReport> answer) override;
  void config_check(ConfigCandidate candidate, Answer<ConfigChecked> answer) override;
  void config_show(Answer<ConfigShown> answer) override;
  void config_reload(Answer<ConfigReloaded> answer) override;
  void doctor(Answer<std::vector<Finding>> answer) override;
  void flight(Answer<FlightShown> answer) override;

 private:
  App(const AppOptions& options, Config config, const ServiceManager& manager,
      std::unique_ptr<SqliteOutbox> outbox, std::shared_ptr<spdlog::logger> log, Secrets secrets);

  Status listen();
  void wait_until_configured();
  Result<ConfigReloaded> reload();
  Result<ConfigReloaded> reread_configuration();
  void use(const Config& config, const Config& before);
  void use_destination();
  void reread_destination_files(bool changed);
  void tell_watched();
  void rearm();
  void wake();
  void on_changed(const output::Changed& change);
  void on_disk(bool full);
  void on_store(const std::optional<Error>& problem);
  void on_signal(Signal signal);
  void finish_and_stop();
  void on_file(const std::string& file);
  void prove_alive();
  std::string status_line() const;
  void stop();
  void change(Selection which, bool requeue, Answer<ChangeResult> answer);
  void diagnose_endpoint(std::vector<Finding> findings, Answer<std::vector<Finding>> answer);
  Result<Snapshot> transact(std::span<Writer::Work> works);

  AppOptions options_;
  Config config_;
  const ServiceManager& manager_;
  std::shared_ptr<spdlog::logger> log_;
  std::unique_ptr<SqliteOutbox> outbox_;  // the writer thread's from run() on
  std::optional<std::string> set_aside_;
  Secrets secrets_;
  Consent consent_;
  Instant condition_since_;
  bool stopping_ = false;
  bool doctor_is_in_ = false;
  std::atomic<bool> examination_is_due_ = false;
  std::optional<Result<Examination>> examination_;  // the writer thread's while one is due
  std::optional<Instant> armed_;

  SystemClock clock_;
  SystemEntropy entropy_;
  Loop loop_;
  Result<std::unique_ptr<FlightFile>> flight_;  // the error: why nothing is recorded
  std::unique_ptr<WriterThread> writer_;
  std::unique_ptr<CurlTransport> transport_;
  WakeTimer timer_;
  std::optional<Instant> engine_wake_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Butlers> butlers_;
  std::vector<std::string> butler_files_;
  std::unique_ptr<FileWatch> files_;
  std::unique_ptr<NetworkWatch> network_;
  std::unique_ptr<ClockWatch> clock_watch_;
  std::unique_ptr<Signals> signals_;
  std::unique_ptr<Heartbeat> heartbeat_;
  MessageCheck check_;
  RequestReader reader_;
  std::unique_ptr<LocalServer> submit_server_;
  std::unique_ptr<LocalServer> control_server_;
};

}  // namespace reporterd
