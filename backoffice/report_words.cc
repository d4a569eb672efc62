// The dictionary of the reports.

#include <algorithm>

#include "backoffice/report.h"

namespace navette::backoffice {
namespace {

struct Entry {
  std::string_view key;
  const char* english;
  const char* french;
};

constexpr Entry kWords[] = {
    {"account", "account", "compte"},
    {"activity", "activity", "activité"},
    {"after", "after", "après"},
    {"amount", "credit", "crédit"},
    {"at", "at", "heure"},
    {"author", "author", "auteur"},
    {"before", "before", "avant"},
    {"block", "block", "bloc"},
    {"body", "text", "texte"},
    {"carried", "carried over", "reporté"},
    {"client", "client", "client"},
    {"client_minutes", "client's hours", "heures du client"},
    {"comments", "comments", "commentaires"},
    {"contract", "contract", "contrat"},
    {"counted", "counted", "compté"},
    {"counted_before", "counted before", "compté avant"},
    {"day", "day", "jour"},
    {"deadline", "deadline", "échéance"},
    {"difference", "difference", "écart"},
    {"draw", "state", "état"},
    {"draw.deleted", "deleted", "supprimé"},
    {"draw.drawn", "drawn", "imputé"},
    {"draw.held", "held", "en attente"},
    {"draw.not approved", "not approved", "non validé"},
    {"draw.not billable", "not billable", "non facturable"},
    {"draw.out of perimeter", "out of perimeter", "hors périmètre"},
    {"draw.refused", "refused", "refusé"},
    {"drawn", "drawn", "consommé"},
    {"entry", "entry", "saisie"},
    {"events", "events", "événements"},
    {"event", "event", "événement"},
    {"from", "from", "du"},
    {"goal", "goal", "engagement"},
    {"goal.resolution", "resolution", "résolution"},
    {"goal.response", "response", "prise en compte"},
    {"goal.workaround", "workaround", "contournement"},
    {"granted", "granted", "accordé"},
    {"group", "rounded by", "arrondi par"},
    {"group_before", "time before", "temps avant"},
    {"held", "held", "en attente"},
    {"left", "left", "restant"},
    {"limit", "limit", "seuil"},
    {"lost", "lost", "perdu"},
    {"minutes", "time", "temps"},
    {"minutes_total", "time so far", "temps cumulé"},
    {"month", "month", "mois"},
    {"none", "none", "néant"},
    {"percent", "rate", "taux"},
    {"percent_used", "used", "utilisé"},
    {"previous_minutes", "before the correction", "avant correction"},
    {"provider_minutes", "provider's hours", "heures du prestataire"},
    {"rates", "rates", "majorations"},
    {"refused", "refused", "refusé"},
    {"revision", "revision", "révision"},
    {"section.blocks", "Credit blocks", "Blocs de crédit"},
    {"section.comments", "Comments", "Commentaires"},
    {"section.credit", "Credit", "Crédit"},
    {"section.differences", "Why the verdicts differ", "Pourquoi les verdicts diffèrent"},
    {"section.drift", "Hours by ticket and month", "Heures par ticket et par mois"},
    {"section.events", "Events", "Événements"},
    {"section.limits", "Limits reached", "Seuils atteints"},
    {"section.parts", "Drawn on", "Imputé sur"},
    {"section.sla", "Service levels", "Niveaux de service"},
    {"section.tickets", "Tickets", "Tickets"},
    {"section.time", "Time", "Temps"},
    {"side", "agreement", "convention"},
    {"side.client", "client", "client"},
    {"side.provider", "provider", "prestataire"},
    {"state", "day is", "journée"},
    {"state.closed", "over", "close"},
    {"state.open", "not over: this may still change", "en cours : susceptible de changer"},
    {"target", "promised", "engagé"},
    {"ticket", "ticket", "ticket"},
    {"title", "title", "intitulé"},
    {"to", "to", "au"},
    {"uncovered", "covered by no block", "couvert par aucun bloc"},
    {"used", "used", "consommé"},
    {"verdict", "verdict", "verdict"},
    {"verdict.kept", "kept", "tenu"},
    {"verdict.missed", "missed", "manqué"},
    {"verdict.none", "none", "aucun"},
    {"verdict.pending", "pending", "en cours"},
    {"visibility", "visibility", "visibilité"},
    {"visibility.internal", "internal", "interne"},
    {"visibility.public", "public", "public"},
    {"visibility.shared", "shared", "partagé"},
    {"what", "what", "quoi"},
    {"what.answered", "answered", "réponse apportée"},
    {"what.deleted", "deleted", "supprimé"},
    {"what.opened", "opened", "ouverture"},
    {"what.priority", "priority", "priorité"},
    {"what.status", "status", "statut"},
    {"what.withheld", "withdrawn since", "retiré depuis"},
    {"why", "why", "pourquoi"},
    {"worked", "worked on", "travaillé le"},
    {"limit.used", "percent used", "% consommés"},
    {"limit.ends", "days before its end", "jours avant son terme"},
    {"title.credit", "Prepaid credit", "Crédit prépayé"},
    {"title.daily", "Daily report", "Rapport journalier"},
    {"title.drift", "Hours, client and provider", "Heures, client et prestataire"},
    {"title.explain", "Why this entry draws what it draws", "Imputation d'une saisie"},
    {"title.sla", "Service levels", "Niveaux de service"},
};

const Entry* find(std::string_view key) {
  const auto* found = std::find_if(std::begin(kWords), std::end(kWords),
                                   [&](const Entry& entry) { return entry.key == key; });
  return found == std::end(kWords) ? nullptr : found;
}

}  // namespace

bool has_word(std::string_view key) {
  return find(key) != nullptr;
}

std::string word(std::string_view key, Language language) {
  const Entry* found = find(key);
  if (found == nullptr) return std::string(key);
  return language == Language::kFrench ? found->french : found->english;
}

}  // namespace navette::backoffice
