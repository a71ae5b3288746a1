import sys; sys.path.insert(0,'/work/main')
import pytest
def test_x(stage):
    stage.given_tailor('kofi','kente shirt','Accra',250)
    def show():
        for who,l in stage.new_letters():
            print(f'   -> {who}: '+stage.told(l.reply.numbered())+(' [PIC]' if l.reply.picture else ''))
    for who,t in [('ama','hello'),('ama','[Yes]'),('ama','Ama Mensah'),('ama','1'),('ama','order a kente shirt'),('ama','Accra'),('ama','1'),('ama','1'),('ama','1'),('ama','blue with white stripes'),('ama','no'),('ama','1'),
      ('ama','15'),('ama','17.5'),('ama','40'),('ama','24'),('ama','30'),('ama','yes'),('ama','yes'),('ama','1'),('ama','1'),('ama','[Send prompt]')]:
        print(f'{who}: {t}')
        stage.say(who,t); show()
    stage.answer_prompt(); print('* paid'); show()
