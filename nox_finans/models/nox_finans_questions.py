from odoo import models
from odoo.tools import plaintext2html


class NoxFinansQuestions(models.AbstractModel):
    """Questions to a person about a record: one activity of each type, always with the newest text.

    For models that have activities (`mail.activity.mixin`).
    """

    _name = "nox.finans.questions"
    _description = "Nox Finans Questions"

    def _ask(self, activity_type, text, user, *, deadline=None, summary=""):
        """Give `user` an activity on this record; one that is there already gets the new text.

        :param activity_type: external id of the activity's type, of which there is one at a time
        :param text: plain text, in the user's language
        :param user: who is asked; whose an open one already is keeps it
        :param deadline: a date; None: today
        """
        self.ensure_one()
        note = plaintext2html(text or "")
        if activities := self.activity_search([activity_type]):
            activities.filtered(lambda activity: activity.note != note).note = note
            return
        self.activity_schedule(activity_type, deadline, summary=summary, note=note, user_id=user.id)

    def _close_questions(self, activity_types):
        """The questions are answered, by whomever: they are done, and stay in the chatter."""
        # Full rights: the activity may be another person's; the question is answered for all.
        self.sudo().activity_feedback(activity_types)

    def _withdraw_questions(self, activity_types):
        """What was asked about is over, without anybody's doing: the activities vanish."""
        self.activity_unlink(activity_types)
