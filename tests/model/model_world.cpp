#include "tests/model/model_world.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "daemon/destination/http_destination.h"
#include "tests/model/fingerprint.h"

namespace reporterd::model {
namespace {

using std::chrono::seconds;

// Few different waits, each reached after few failures: that keeps the number of states finite.
DeliverySettings settings_for(const Scope& scope) {
  DeliverySettings settings;
  settings.retry.base = seconds(60);
  settings.retry.cap = seconds(120);
  settings.retry.message_base = seconds(40);
  settings.retry.failures_to_back_off = 2;
  settings.in_flight = 2;
  if (scope.expires) {
    settings.max_age = expiring_age;
  }
  return settings;
}

NewMessage message_numbered(std::size_t number) {
  NewMessage message;
  message.key = {std::string(64, 'a'),
                 wall_at(1'750'000'000'000'000 + 1000 * static_cast<std::int64_t>(number))};
  message.body = std::string(1, static_cast<char>('a' + number));
  return message;
}

class NoChance final : public Entropy {
 public:
  std::uint64_t next() override { return 0; }
};

// What becomes of a request, and what its sender hears of it.
struct Ending {
  Fate fate;
  int status;
  Step::Kind kind;
  bool taken;  // the server has the message now
};
constexpr Ending endings[] = {
    {Fate::answered, 201, Step::Kind::delivered, true},
    {Fate::answered, 400, Step::Kind::rejected, false},
    {Fate::ambiguous, 0, Step::Kind::lost_before, false},
    {Fate::ambiguous, 0, Step::Kind::lost_after, true},
    {Fate::unreachable, 0, Step::Kind::unreachable, false},
    {Fate::answered, 429, Step::Kind::asked_to_wait, false},
    {Fate::answered, 401, Step::Kind::unauthorized, false},
    {Fate::answered, 404, Step::Kind::not_found, false},
    {Fate::cancelled, 0, Step::Kind::cancelled_before, false},
    {Fate::cancelled, 0, Step::Kind::cancelled_after, true},
};

}  // namespace

// The ports lead back into the world.
struct World::Ports final : Clock, Writer, Transport {
  explicit Ports(World& whose) : world(whose) {}
  Now now() const override { return {world.now_, WallTime{} + (world.now_ - Instant{})}; }
  ClockMark mark() const override { return {}; }
  void post(Work work, Done done) override { world.post(std::move(work), std::move(done)); }
  void send(SendId id, reporterd::Request request) override { world.send(id, request); }
  void cancel(SendId id) override { world.cancel(id); }
  World& world;
  NoChance entropy;
};

World::World(const Scope& scope)
    : left_(scope), ports_(std::make_unique<Ports>(*this)), now_(instant_at(1'000'000)) {
  start();
  settle_down();
}

World::~World() = default;

// ---------------------------------------------------------------- the process

// As the daemon does it, and in that order.
void World::start() {
  EngineEvents events;
  events.wake_at = [this](std::optional<Instant> at) { timer_ = at; };
  engine_ = std::make_unique<Engine>(EnginePorts{*ports_, ports_->entropy, *ports_, *ports_},
                                     std::move(events));
  engine_->start(outbox_.snapshot());
  if (!consent_) {
    engine_->set_consent(false);
    withdraw();
    return;
  }
  configure();
}

void World::configure() {
  HttpSettings settings;
  settings.url = url;
  engine_->use_destination(std::make_unique<HttpDestination>(std::move(settings)),
                           settings_for(left_));
  engine_->set_consent(true);
}

void World::settle_down() {
  while (!posted_.empty()) {
    commit(Step::Kind::commit);
    tell();
  }
}

void World::crash(std::uint8_t taken) {
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    accounts_[requests_[i].message].at_server |= ((taken >> i) & 1U) != 0;
  }
  engine_.reset();
  posted_.clear();
  done_.clear();
  result_.reset();
  requests_.clear();
  timer_.reset();
  outbox_.crash();
  for (std::size_t i = 0; i < accounts_.size(); ++i) {
    accounts_[i].pending = false;
    accounts_[i].forbidden &= row_of(i) != nullptr && is_kept_back(i);
  }
  paused_ = pause_kept_;
  asked_until_ = asked_until_kept_;
  asked_at_piece_ = 0;
  asked_lost_ = false;
  pieces_posted_ = pieces_done_ = 0;
  start();
}

void World::post(Writer::Work work, Writer::Done done) {
  posted_.push_back({std::move(work), std::move(done), Fingerprint::calls(*engine_)});
  ++pieces_posted_;
}

void World::commit(Step::Kind how) {
  ModelOutbox next = outbox_;
  done_ = std::exchange(posted_, {});
  for (Piece& piece : done_) {
    piece.work(next);
  }
  pieces_done_ += done_.size();
  outbox_before_ = outbox_;
  if (how != Step::Kind::commit_fails) {
    if (how == Step::Kind::commit_seems_lost) {
      next.keep_leases_of(outbox_);
    }
    outbox_ = std::move(next);
  }
  if (how == Step::Kind::commit) {
    result_ = outbox_.snapshot();
    if (pieces_done_ >= asked_at_piece_ && !asked_lost_) {
      asked_until_kept_ = asked_until_;
    }
  } else {
    result_ = reporterd::fail(ErrorCode::io, "the disk failed");
    asked_until_kept_ = Instant{};  // it is written again some time later: nobody knows when
    asked_lost_ = true;
  }
  check_outbox();
}

void World::tell() {
  std::vector<Piece> done = std::exchange(done_, {});
  const Result<Snapshot> result = *std::exchange(result_, std::nullopt);
  for (Piece& piece : done) {
    piece.done(result);
  }
}

// ---------------------------------------------------------------- programs

void World::submit(std::size_t number) {
  Account& account = accounts_[number];
  if (row_of(number) == nullptr) {
    account.forbidden = false;  // nothing of what was withdrawn is left: it is new
  }
  account.pending = true;
  engine_->append(message_numbered(number),
                  [this, number](const Result<Appended>& answer) { answered(number, answer); });
}

void World::answered(std::size_t number, const Result<Appended>& answer) {
  Account& account = accounts_[number];
  account.pending = false;
  if (!answer) {
    return;
  }
  if (*answer == Appended::queued && account.promised) {
    fail("stored a second time");
  }
  if (*answer != Appended::queued && *answer != Appended::duplicate) {
    fail("refused without a reason");
  }
  account.promised = true;
  if (row_of(number) == nullptr) {
    fail("acknowledged before it was committed");
  }
}

// ---------------------------------------------------------------- network and endpoint

void World::send(SendId id, const reporterd::Request& request) {
  const auto number = static_cast<std::size_t>(request.body.front() - 'a');
  const Account& account = accounts_[number];
  const ModelOutbox::Message* const row = row_of(number);
  if (!consent_) {
    fail("sent while telemetry is off");
  }
  if (paused_ && !(paused_until_ && now_ >= *paused_until_)) {
    fail("sent during a pause");
  }
  if (now_ < asked_until_) {
    fail("sent within a Retry-After");
  }
  if (account.forbidden) {
    fail("sent though it was withdrawn or deleted");
  }
  if (row == nullptr || row->state != State::queued ||
      !outbox_.may_ever_have_been_leased(row->seq)) {
    fail("sent, but the outbox did not give it out");
  }
  if (request.body != message_numbered(number).body) {
    fail("sent with other bytes");
  }
  if (std::ranges::any_of(requests_, [&](const Request& r) { return r.message == number; })) {
    fail("sent twice at once");
  }
  if (requests_.size() >= settings_for(left_).in_flight) {
    fail("more requests at once than allowed");
  }
  requests_.push_back({id, number, spell_, false});
}

void World::cancel(SendId id) {
  const auto found = std::ranges::find(requests_, id, &Request::id);
  if (found != requests_.end()) {
    found->cancelled = true;
  }
}

void World::reply(Step step) {
  const Request request = requests_[step.which];
  requests_.erase(requests_.begin() + step.which);
  const Ending& ending = *std::ranges::find(endings, step.kind, &Ending::kind);
  Account& account = accounts_[request.message];
  Reply reply;
  reply.fate = ending.fate;
  reply.status = ending.status == 201 && account.at_server ? 409 : ending.status;
  account.at_server |= ending.taken;
  account.was_rejected |= step.kind == Step::Kind::rejected;
  if (step.kind == Step::Kind::asked_to_wait) {
    reply.retry_after = "90";
    asked_lost_ &= now_ < asked_until_;
    asked_until_ = std::max(asked_until_, now_ + seconds(90));
    ++spell_;
  }
  const bool spoke = step.kind == Step::Kind::delivered || step.kind == Step::Kind::rejected;
  if (spoke && request.spell == spell_) {  // only what was sent after it can end a Retry-After
    asked_until_ = Instant{};
  }
  engine_->replied(request.id, reply);
  asked_at_piece_ = pieces_posted_;
}

// ---------------------------------------------------------------- time

void World::wake() {
  now_ = std::max(now_, *std::exchange(timer_, std::nullopt));
  engine_->wake();
}

void World::oversleep() {
  now_ += std::chrono::hours(24);
  if (timer_ && *timer_ <= now_) {
    wake();
  }
}

}  // namespace reporterd::model
